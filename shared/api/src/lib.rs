//! The conventions of the HTTP routes: reading a request, its credential, its reply. A handler reads in one order:
//! who (credential → channel), what (parse into domain types), do (one call), say (typed reply).

pub mod attribute;
pub mod call;
pub mod credential;
pub mod event;
pub mod gzip;
pub mod json;
mod main_macro;
pub mod reply;
pub mod session_token;
pub mod start;
pub mod user;

/// The allocator of the functions and the local server, which only a program's `main.rs` installs.
pub use mimalloc::MiMalloc as Allocator;

pub use call::{Call, invocation, serve, serve_counting_rejections};
pub use credential::{NewPage, Page, Server, scope};
pub use reply::Reply;

/// What a read makes of the erased: they are nobody, so that no answer says that there was somebody (R12).
#[must_use]
pub fn hide_erased(error: okyaku_domain::error::Error) -> okyaku_domain::error::Error {
    match error {
        okyaku_domain::error::Error::Erased => okyaku_domain::error::Error::NotFound("the customer"),
        error => error,
    }
}
