//! Every way a request can fail, as one closed enum. What each means on the wire is the business of whoever answers.

use thiserror::Error as ThisError;

use crate::detail::Detail;

/// Somebody who holds an address that an erasure named.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate {
    /// The customer's id.
    pub id: String,
    /// `anonymous`, `lead` or `member`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// A member's.
    pub member_id: Option<String>,
    /// Whether somebody vouched for the address.
    pub verified: bool,
}

/// A failed request. The texts are what the caller is told, except for [`Error::Internal`], whose cause is
/// logged once and never shown.
#[derive(Debug, ThisError)]
pub enum Error {
    /// The body could not be read.
    #[error("the request could not be read")]
    Unparsable(Detail),
    /// The credential is missing, wrong, expired or foreign.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// The credential is right but this is not allowed to it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// There is no such thing in the caller's channel.
    #[error("{0} was not found")]
    NotFound(&'static str),
    /// The contact is registered already, by the customer of this id (R10).
    #[error("a customer with this contact exists already")]
    AlreadyExists {
        /// Id of the customer who holds the contact.
        user_id: String,
    },
    /// The person was erased (R12).
    #[error("this customer was erased")]
    Erased,
    /// An address that does not pick one person (R12).
    #[error("the address does not pick one customer: erase by id, or all who hold it")]
    Ambiguous(Vec<Candidate>),
    /// Larger than the stated limit in bytes.
    #[error("{field} is larger than {limit} bytes")]
    TooLarge {
        /// What was too large.
        field: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
    /// Read, but not valid. Names every field that was wrong.
    #[error("the request is not valid")]
    Invalid(Vec<Detail>),
    /// The table throttles, or too many writers want the same item; to be repeated.
    #[error("the service is busy, repeat the request")]
    Busy,
    /// A defect or an unexpected answer of the table. The cause is for the log.
    #[error("internal error")]
    Internal(String),
}

impl Error {
    /// [`Error::Invalid`] about one field.
    pub fn invalid(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid(vec![Detail::new(field, message)])
    }

    /// The message with the fields it is about, for callers who see no body.
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

    /// [`Error::Internal`] with a cause for the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }
}
