//! Black-box tests through API Gateway events, a file per behaviour. `support` has what they stand on.

mod admin;
mod arrival;
mod bad_input;
mod boot;
mod cost;
mod credentials;
mod erasure;
mod events;
mod faults;
mod fields;
mod leads;
mod limits;
mod links;
mod lookups;
mod months;
mod open_api;
mod permissions;
mod privacy;
mod profile;
mod races;
mod routes;
mod sessions;
mod shop_events;
mod tags;
mod tenancy;
mod timeline;
