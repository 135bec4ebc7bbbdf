//! The conventions of the HTTP routes: reading a request, its credential, its reply. A handler reads in one order:
//! who (credential → channel), what (parse into domain types), do (one call), say (typed reply).

pub mod call;
pub mod credential;
pub mod event;
pub mod gzip;
pub mod json;
pub mod reply;
pub mod session_token;
pub mod start;
pub mod user;

pub use call::{Call, serve, serve_counting_rejections};
pub use reply::Reply;
