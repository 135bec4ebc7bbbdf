//! Money: decimal texts and JSON numbers, never through binary arithmetic.

use rust_decimal::Decimal;
use serde_json::Value;

use super::body::Object;
use okyaku_domain::amount;

/// Parses an amount: a plain decimal, for example `"29.90"`, or the text of a JSON number.
pub(super) fn parse(value: &Value) -> Option<Decimal> {
    match value {
        Value::String(text) => amount::parse(text),
        Value::Number(number) => amount::parse(&number.to_string()),
        _ => None,
    }
}

/// Parses an amount with a sign, such as an adjustment of `"-10.00"`.
fn parse_signed(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    match text.strip_prefix('-') {
        Some(rest) => amount::parse(rest).map(|amount| -amount),
        None => amount::parse(&text),
    }
}

/// Returns the amount as a JSON number with the same text. `None` if a double cannot hold the amount.
pub(super) fn number(amount: Decimal) -> Option<Value> {
    amount::json(amount).map(Value::Number)
}

/// Returns a currency's ISO 4217 code in capitals.
pub(super) fn code(value: &Value) -> Option<String> {
    let code = value.as_str()?.trim();
    let three = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    three.then(|| code.to_ascii_uppercase())
}

impl Object<'_> {
    /// Returns the amount under `key`. An unreadable amount is rejected, and an absent amount is accepted.
    pub(super) fn amount(&self, key: &str) -> Option<Decimal> {
        let reader = self.reader;
        let value = self.get(key)?;
        reader.valid(self.path(key), parse(value))
    }

    /// Returns the amount with a sign under `key`. An unreadable amount is rejected, and an absent amount is accepted.
    pub(super) fn signed(&self, key: &str) -> Option<Decimal> {
        let reader = self.reader;
        let value = self.get(key)?;
        reader.valid(self.path(key), parse_signed(value))
    }

    /// Returns the currency under `key`. An unreadable currency is rejected, and an absent currency is
    /// accepted.
    pub(super) fn currency(&self, key: &str) -> Option<String> {
        let reader = self.reader;
        let value = self.get(key)?;
        reader.valid(self.path(key), code(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn amount_is_text_or_a_number() {
        for value in [json!("29.90"), json!(29.9)] {
            assert_eq!(parse(&value).and_then(number), Some(json!(29.9)), "{value}");
        }
        for value in [
            json!("1,000.00"),
            json!(1e300),
            json!(-1),
            json!(null),
            json!(true),
            json!(["1.00"]),
            json!({"amount": "1.00"}),
        ] {
            assert_eq!(parse(&value), None, "{value}");
        }
    }

    #[test]
    fn currency_is_three_letters_in_capitals() {
        assert_eq!(code(&json!("krw")).as_deref(), Some("KRW"));
        for wrong in
            [json!(""), json!("KR"), json!("KRWX"), json!("K1W"), json!("원화"), json!(410), json!(["KRW"])]
        {
            assert_eq!(code(&wrong), None, "{wrong}");
        }
    }
}
