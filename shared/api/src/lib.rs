//! The conventions of the HTTP routes: the request, the credential and the reply.
//!
//! A handler has four steps. It takes the channel from the credential, parses the request into domain types, calls the
//! engine once, and returns a typed reply.

pub mod attribute;
pub mod call;
pub mod credential;
pub mod event;
pub mod gate;
pub mod gzip;
pub mod job;
pub mod json;
mod main_macro;
pub mod reply;
pub mod request;
pub mod session_token;
pub mod start;
pub mod user;

/// The allocator of the functions and the local server, which only a program's `main.rs` installs.
pub use mimalloc::MiMalloc as Allocator;

pub use call::{Call, invocation, serve, serve_counting_rejections};
pub use credential::{NewPage, Page, Server, scope};
pub use reply::Reply;

/// Turns the error of an erased customer into the error of an unknown customer.
///
/// A read therefore hides that the customer ever existed (R12).
#[must_use]
pub fn hide_erased(error: okyaku_domain::error::Error) -> okyaku_domain::error::Error {
    match error {
        okyaku_domain::error::Error::Erased => okyaku_domain::error::Error::NotFound("the customer"),
        error => error,
    }
}
