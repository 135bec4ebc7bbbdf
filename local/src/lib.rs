//! Okyaku on one machine: the handlers of the Lambda functions behind real HTTP, on an embedded engine that
//! carries out DynamoDB's operations.
//!
//! A request becomes a genuine API Gateway v2 event ([`event`]), passes through the same deserialiser as on
//! Lambda, and the function's answer becomes HTTP again ([`reply`]). Which function that is comes from
//! `template.yaml` ([`routes`]), so nothing can be routed here that is not routed on AWS. [`gateway::Gateway`]
//! does all of it without a socket, [`server`] puts it behind one, and [`engine::Engine`] is the table's home.

pub mod contract;
pub mod cors;
mod demo;
pub mod engine;
pub mod event;
pub mod folder;
mod functions;
pub mod gateway;
pub mod host;
pub mod invoke;
pub mod keys;
pub mod random;
pub mod reply;
pub mod route;
pub mod routes;
pub mod server;
pub mod sweep;
mod template;
