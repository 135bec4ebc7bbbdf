//! Every way a request can fail, as one closed enum. `http::reply` has the one match from it to a status.

use thiserror::Error as ThisError;

use crate::domain::drops::Reason;
use crate::domain::limit::DETAIL_FIELD_CHARS;

/// What was wrong with one field. Never carries the field's value (R15).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Detail {
    /// Path of the field in the request, such as `profile.email` or `events[3].name`.
    pub field: String,
    /// What it must be.
    pub message: String,
    /// What kind of wrong that is, for the log of drops.
    #[serde(skip)]
    pub reason: Reason,
}

impl Detail {
    /// A detail about `field`, whose name is the caller's and so is cut off where it is too long.
    pub fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        let mut field = field.into();
        if let Some((end, _)) = field.char_indices().nth(DETAIL_FIELD_CHARS) {
            field.truncate(end);
        }
        Self { field, message: message.into(), reason: Reason::Invalid }
    }

    /// The same for another reason than that the field is invalid.
    #[must_use]
    pub fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }
}

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
    /// 400: the body could not be read.
    #[error("the request could not be read")]
    Unparsable(Detail),
    /// 401: the credential is missing, wrong, expired or foreign.
    #[error("{0}")]
    Unauthorized(&'static str),
    /// 403: the credential is right but this is not allowed to it.
    #[error("{0}")]
    Forbidden(&'static str),
    /// 404: there is no such thing in the caller's channel.
    #[error("{0} was not found")]
    NotFound(&'static str),
    /// 409: the contact is registered already, by the customer of this id (R10).
    #[error("a customer with this contact exists already")]
    AlreadyExists {
        /// Id of the customer who holds the contact.
        user_id: String,
    },
    /// 409: the person was erased (R12).
    #[error("this customer was erased")]
    Erased,
    /// 409: an address that does not pick one person (R12).
    #[error("the address does not pick one customer: erase by id, or all who hold it")]
    Ambiguous(Vec<Candidate>),
    /// 413: larger than the stated limit in bytes.
    #[error("{field} is larger than {limit} bytes")]
    TooLarge {
        /// What was too large.
        field: &'static str,
        /// The limit, in bytes.
        limit: usize,
    },
    /// 422: read, but not valid. Names every field that was wrong.
    #[error("the request is not valid")]
    Invalid(Vec<Detail>),
    /// 503: the table throttles, or too many writers want the same item; to be repeated.
    #[error("the service is busy, repeat the request")]
    Busy,
    /// 500: a defect or an unexpected answer of the table. The cause is for the log.
    #[error("internal error")]
    Internal(String),
}

impl Error {
    /// 422 about one field.
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

    /// 500 with a cause for the log.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::Internal(cause.to_string())
    }
}
