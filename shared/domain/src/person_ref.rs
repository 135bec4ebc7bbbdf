//! References to the person that a request means.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::contact_point::{self, ContactPoint, ContactPointKind};
use crate::detail::Detail;
use crate::id::{CustomerId, MemberId, VeilId};

/// The one type for a person named by a caller.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PersonRef {
    /// A customer's id.
    Id(CustomerId),
    /// The shop's own id of a member.
    Member(MemberId),
    /// A browser's veilId.
    Visitor(VeilId),
    /// An e-mail address or a phone number.
    ContactPoint(ContactPoint),
}

impl PersonRef {
    /// The kinds, as a request names them. A builder's customer is a member under the builder's id.
    pub const KINDS: [&str; 8] =
        ["id", "memberId", "email", "mobileNumber", "veilId", "shopify", "cafe24", "firstmall"];

    /// Parses the `{userId}` of a path: a customer's id, or `@` and a memberId. For example, `@lucas`.
    #[must_use]
    pub fn of_path(user_id: &str) -> Option<Self> {
        match user_id.strip_prefix('@') {
            Some(member) => MemberId::parse(member).ok().map(Self::Member),
            None => CustomerId::parse(user_id).map(Self::Id),
        }
    }

    /// Parses a term as people write it: an e-mail address, a phone number, `@` and a memberId, or a customer's id.
    #[must_use]
    pub fn of_term(term: &str, region: &str) -> Option<Self> {
        let term = term.trim();
        let point = |kind, address: String| Self::ContactPoint(ContactPoint::of(kind, &address));
        // A memberId may have the form of an address, so the sign decides.
        Self::of_path(term)
            .or_else(|| Some(point(ContactPointKind::Email, contact_point::email(term).ok()?)))
            .or_else(|| {
                let number = contact_point::mobile_number(term, region).ok()?;
                Some(point(ContactPointKind::MobileNumber, number))
            })
    }

    /// Parses a value of one of the [`KINDS`](Self::KINDS).
    ///
    /// `region` is the channel's region, for national phone numbers. For example, `shopify` takes the number
    /// 7064055069 and the text `gid://shopify/Customer/7064055069`.
    ///
    /// # Errors
    /// A detail with the expected form.
    pub fn parse(kind: &str, value: &Value, region: &str) -> Result<Self, Detail> {
        let wrong = |message: &str| Detail::new(format!("by.{kind}"), message);
        // Take a text, or a builder's customer id as a number.
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number)
                if number.is_u64() && matches!(kind, "shopify" | "cafe24" | "firstmall") =>
            {
                number.to_string()
            }
            _ => return Err(wrong("must be text")),
        };
        // Parse the text by its kind.
        let given = |message: String| wrong(&message);
        match kind {
            "id" => {
                CustomerId::parse(&text).map(Self::Id).ok_or_else(|| wrong("is not the id of a customer"))
            }
            "veilId" => VeilId::parse(&text).map(Self::Visitor).ok_or_else(|| wrong("is not a veilId")),
            "email" => contact_point::email(&text)
                .map(|email| Self::ContactPoint(ContactPoint::of(ContactPointKind::Email, &email)))
                .map_err(given),
            "mobileNumber" => contact_point::mobile_number(&text, region)
                .map(|number| Self::ContactPoint(ContactPoint::of(ContactPointKind::MobileNumber, &number)))
                .map_err(given),
            "shopify" => {
                let digits = text.strip_prefix("gid://shopify/Customer/").unwrap_or(&text);
                if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
                    return Err(wrong("must be a number, or gid://shopify/Customer/ and one"));
                }
                MemberId::parse(digits).map(Self::Member).map_err(wrong)
            }
            "memberId" | "cafe24" | "firstmall" => MemberId::parse(&text).map(Self::Member).map_err(wrong),
            _ => Err(wrong("is not a known key")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn builder_customer_is_a_member_under_its_id() {
        let member = |text: &str| PersonRef::Member(MemberId::parse(text).unwrap());
        for value in [json!(706_405_506_930_370_084_u64), json!("706405506930370084")] {
            assert_eq!(PersonRef::parse("shopify", &value, "KR"), Ok(member("706405506930370084")));
        }
        assert_eq!(PersonRef::parse("shopify", &json!("gid://shopify/Customer/7"), "KR"), Ok(member("7")));
        assert_eq!(PersonRef::parse("cafe24", &json!("lee01"), "KR"), Ok(member("lee01")));
        for wrong in
            [json!("gid://shopify/Order/7"), json!("lee"), json!(""), json!(-7), json!(1.5), json!(null)]
        {
            assert!(PersonRef::parse("shopify", &wrong, "KR").is_err(), "{wrong}");
        }
    }
}
