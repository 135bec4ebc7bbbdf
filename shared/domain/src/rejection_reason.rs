//! The reasons of rejections.

use serde::{Deserialize, Serialize};

/// The reason of a rejection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum RejectionReason {
    /// The field is missing, mistyped or out of bounds.
    Invalid,
    /// The body is not JSON, or has a different form than its topic.
    Unreadable,
    /// The topic or event number is unknown to Okyaku.
    UnknownTopic,
    /// The part names no customer.
    NoCustomer,
    /// The part is about an erased customer, and is older than the erasure (R12).
    Erased,
    /// The part is too old for its kind.
    TooOld,
    /// A later version of the event is stored (R13).
    Outdated,
    /// The builder does not supply the field (Firstmall's fixed list).
    NotSupplied,
    /// The part would exceed a limit.
    Limit,
    /// The event belongs to a different customer: the visitor became a member before.
    Foreign,
    /// The address fails to pick one person, so the erasure erased nobody.
    Ambiguous,
}

impl RejectionReason {
    /// Every reason.
    pub const ALL: [Self; 11] = [
        Self::Invalid,
        Self::Unreadable,
        Self::UnknownTopic,
        Self::NoCustomer,
        Self::Erased,
        Self::TooOld,
        Self::Outdated,
        Self::NotSupplied,
        Self::Limit,
        Self::Foreign,
        Self::Ambiguous,
    ];

    /// Returns the reason's name on the wire and in the table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::Unreadable => "unreadable",
            Self::UnknownTopic => "unknownTopic",
            Self::NoCustomer => "noCustomer",
            Self::Erased => "erased",
            Self::TooOld => "tooOld",
            Self::Outdated => "outdated",
            Self::NotSupplied => "notSupplied",
            Self::Limit => "limit",
            Self::Foreign => "foreign",
            Self::Ambiguous => "ambiguous",
        }
    }
}
