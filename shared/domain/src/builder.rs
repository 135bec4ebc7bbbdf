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

    /// Checks the name of a shop, in lower case.
    ///
    /// A shop of Shopify is `NAME.myshopify.com`, as in the header `x-shopify-shop-domain`
    /// (<https://shopify.dev/docs/apps/build/webhooks>). The domain that customers see, such as
    /// `shop.example.com`, is refused, because a delivery never names that domain.
    ///
    /// # Errors
    /// A message with the expected form.
    pub fn check_shop(self, shop: &str) -> Result<(), &'static str> {
        if self != Self::Shopify {
            return Ok(());
        }
        let name = shop.strip_suffix(".myshopify.com").unwrap_or_default();
        let is_plain = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
        if !name.is_empty() && !name.starts_with('-') && name.bytes().all(is_plain) {
            return Ok(());
        }
        Err("must be the shop's own domain at Shopify, such as my-shop.myshopify.com")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shopify_shop_has_its_own_domain() {
        for shop in ["my-shop.myshopify.com", "9.myshopify.com"] {
            assert_eq!(Builder::Shopify.check_shop(shop), Ok(()), "{shop}");
        }
        let wrong =
            ["shop.example.com", ".myshopify.com", "a.b.myshopify.com", "-a.myshopify.com", "myshopify.com"];
        for shop in wrong {
            assert!(Builder::Shopify.check_shop(shop).is_err(), "{shop}");
            assert_eq!(Builder::Cafe24.check_shop(shop), Ok(()), "{shop}");
        }
    }
}
