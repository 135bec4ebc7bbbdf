//! Why something was not kept.

use serde::{Deserialize, Serialize};

/// Why something was not kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RejectionReason {
    /// The field is missing, mistyped or out of its bounds.
    Invalid,
    /// The body is not JSON, or not what its topic has.
    Unreadable,
    /// The topic or event number is none that is used.
    UnknownTopic,
    /// It names no customer, so it is nobody's.
    NoCustomer,
    /// It is about somebody who was erased, and older than that (R12).
    Erased,
    /// It is older than what it is about may be.
    TooOld,
    /// The builder does not supply it (Firstmall's fixed list).
    NotSupplied,
    /// It would pass a limit.
    Limit,
    /// The order belongs to another customer.
    Foreign,
    /// An address that does not pick one person, so nobody was erased.
    Ambiguous,
}

impl RejectionReason {
    /// Every reason.
    pub const ALL: [Self; 10] = [
        Self::Invalid,
        Self::Unreadable,
        Self::UnknownTopic,
        Self::NoCustomer,
        Self::Erased,
        Self::TooOld,
        Self::NotSupplied,
        Self::Limit,
        Self::Foreign,
        Self::Ambiguous,
    ];

    /// Its name on the wire and in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unreadable => "unreadable",
            Self::UnknownTopic => "unknownTopic",
            Self::NoCustomer => "noCustomer",
            Self::Erased => "erased",
            Self::TooOld => "tooOld",
            Self::NotSupplied => "notSupplied",
            Self::Limit => "limit",
            Self::Foreign => "foreign",
            Self::Ambiguous => "ambiguous",
        }
    }
}
