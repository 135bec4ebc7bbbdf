//! Every failure of a request, as one closed enum. The code that answers the request decides the form on the
//! wire.

use thiserror::Error as ThisError;

use crate::detail::Detail;

/// A customer who is registered for the contact point named by an erasure.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The customer's id.
    pub id: String,
    /// `anonymous`, `lead` or `member`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The memberId of a member.
    pub member_id: Option<String>,
    /// Whether the registration is verified.
    pub verified: bool,
}

/// A failed request. The texts are for the caller.
///
/// Only the cause in [`Error::Internal`] is hidden from the caller. The cause is logged once.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The body is unreadable.
    #[error("the request could not be read")]
    Unparsable(Detail),
    /// The credential is missing, wrong, expired or foreign.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The credential is right, but lacks the permission.
    #[error("{0}")]
    Forbidden(&'static str),
    /// The shop blocked the customer. The customer's pages are refused.
    #[error("the shop has blocked this customer")]
    Blocked,
    /// The caller's channel has no such thing.
    #[error("{0} was not found")]
    NotFound(&'static str),
    /// The contact point is registered already, by the customer with this id (R10).
    #[error("a customer with this contact exists already")]
    AlreadyExists {
        /// The id of the customer with the registration.
        user_id: String,
        /// Whether only pages claim the contact point. Then the caller may force the lead.
        claimed: bool,
    },
    /// The person was erased (R12).
    #[error("this customer was erased")]
    Erased,
    /// The contact point fails to pick one person (R12).
    #[error("the address does not pick one customer: erase by id, or all who hold it")]
    Ambiguous(Vec<Candidate>),
    /// A part of the request is larger than the stated limit.
    #[error("{field} is larger than {limit} bytes")]
    TooLarge {
        /// The name of the large part.
        field: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
    /// The request is readable, but invalid. The details name every wrong field.
    #[error("the request is not valid")]
    Invalid(Vec<Detail>),
    /// The table throttles, or too many writers want the same item. The caller should repeat the request.
    #[error("the service is busy, repeat the request")]
    Busy,
    /// The page's session, or its source network, has used up its budget (R21).
    #[error("too many requests, repeat the request later")]
    OverBudget {
        /// The seconds after which the request may succeed, at least 1.
        retry_after: u32,
    },
    /// A defect or an unexpected answer of the table. The cause is for the log.
    #[error("internal error")]
    Internal(String),
}

impl Error {
    /// Creates [`Error::Invalid`] about one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Detail::new(field, message)])
    }

    /// Returns the message together with the wrong fields, for a caller who sees no body.
    #[must_use]
    pub fn explained(&self) -> String {
        match self {
            Self::Invalid(details) => details
                .iter()
                .map(|detail| format!("{}: {}", detail.field, detail.message))
                .collect::<Vec<_>>()
                .join("; "),
            error => error.to_string(),
        }
    }

    /// Creates [`Error::Internal`] with a cause for the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }
}
