//! The shop builders that Okyaku knows (R13).

use serde::{Deserialize, Serialize};

/// A builder that Okyaku knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Builder {
    /// Shopify: webhooks signed by HMAC.
    Shopify,
    /// Cafe24: webhooks that carry a static key.
    Cafe24,
    /// Gabia Firstmall: the mall's pages boot with a plugin key and sign with an access secret. Firstmall
    /// sends no webhooks.
    Firstmall,
}

impl Builder {
    /// Every builder.
    pub const ALL: [Self; 3] = [Self::Shopify, Self::Cafe24, Self::Firstmall];

    /// Returns the builder's name in paths, commands and records.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shopify => "shopify",
            Self::Cafe24 => "cafe24",
            Self::Firstmall => "firstmall",
        }
    }

    /// Returns the builder with this name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|builder| builder.name() == name)
    }
}
