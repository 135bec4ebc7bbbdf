//! Money: decimal texts and JSON numbers, never through binary arithmetic.

use rust_decimal::Decimal;
use serde_json::{Number, Value};

use super::Reader;
use super::body::Object;

/// Digits before the point: a trillion of any currency is more than a shop sells.
const WHOLE_DIGITS: usize = 12;
/// Digits in all, which a [`Decimal`] holds exactly.
const DIGITS: usize = 28;

/// An amount: a plain decimal such as `"29.90"`, or a JSON number by its text. No sign, exponent, separator or space.
pub(super) fn parse(value: &Value) -> Option<Decimal> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    let (whole, rest) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let plain = all_digits(whole)
        && rest.is_none_or(all_digits)
        && whole.len() <= WHOLE_DIGITS
        && whole.len() + rest.map_or(0, str::len) <= DIGITS;
    if plain { Decimal::from_str_exact(&text).ok() } else { None }
}

/// The amount as a JSON number of the same text; `None` if a double would not come back as it.
pub(super) fn number(amount: Decimal) -> Option<Value> {
    let text = amount.normalize().to_string();
    let number = serde_json::from_str::<Number>(&text).ok()?;
    (number.to_string() == text).then_some(Value::Number(number))
}

/// A currency's ISO 4217 code in capitals.
pub(super) fn code(value: &Value) -> Option<String> {
    let code = value.as_str()?.trim();
    let three = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_alphabetic());
    three.then(|| code.to_ascii_uppercase())
}

impl Object<'_> {
    /// The amount under `key`; an unreadable one is a drop, an absent one is not.
    pub(super) fn amount(&self, reader: &mut Reader<'_>, key: &str) -> Option<Decimal> {
        let value = self.get(key)?;
        reader.valid(self.path(key), parse(value))
    }

    /// The currency under `key`; an unreadable one is a drop, an absent one is not.
    pub(super) fn currency(&self, reader: &mut Reader<'_>, key: &str) -> Option<String> {
        let value = self.get(key)?;
        reader.valid(self.path(key), code(value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn an_amount_is_a_plain_decimal() {
        for (value, text) in [
            (json!("29.90"), "29.90"),
            (json!("0.00"), "0.00"),
            (json!(29.9), "29.9"),
            (json!(29900), "29900"),
            (json!("999999999999.99"), "999999999999.99"),
            (json!("1.000000000000000000000000001"), "1.000000000000000000000000001"),
        ] {
            assert_eq!(parse(&value).map(|amount| amount.to_string()).as_deref(), Some(text), "{value}");
        }
        for value in [
            json!("1,000.00"),
            json!(""),
            json!(" "),
            json!(" 1.00"),
            json!("NaN"),
            json!("Infinity"),
            json!("1e5"),
            json!(1e300),
            json!(-1),
            json!("-1.00"),
            json!("+1.00"),
            json!("1_000"),
            json!(".5"),
            json!("5."),
            json!("1.2.3"),
            json!("₩1000"),
            json!("１００"),
            json!("1000000000000"),
            json!("1.0000000000000000000000000001"),
            json!(null),
            json!(true),
            json!(["1.00"]),
            json!({"amount": "1.00"}),
        ] {
            assert_eq!(parse(&value), None, "{value}");
        }
    }

    #[test]
    fn a_number_has_the_text_of_its_amount() {
        for (amount, text) in
            [("29.90", "29.9"), ("30.00", "30"), ("0.00", "0"), ("999999999999.99", "999999999999.99")]
        {
            let amount = parse(&json!(amount)).unwrap();
            assert_eq!(number(amount).unwrap().to_string(), text);
        }
        assert_eq!(number(parse(&json!("0.12345678901234567890")).unwrap()), None);
    }

    #[test]
    fn a_currency_is_three_letters_in_capitals() {
        assert_eq!(code(&json!("krw")).as_deref(), Some("KRW"));
        for wrong in
            [json!(""), json!("KR"), json!("KRWX"), json!("K1W"), json!("원화"), json!(410), json!(["KRW"])]
        {
            assert_eq!(code(&wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_of_cents_comes_back_as_it_was(cents in 0..=99_999_999_999_999_u64) {
            let text = format!("{}.{:02}", cents / 100, cents % 100);
            let amount = parse(&json!(text)).unwrap();
            let told = number(amount).unwrap().to_string();
            prop_assert_eq!(parse(&json!(told)).unwrap(), amount);
        }

        #[test]
        fn no_text_breaks_the_parser(text in "\\PC{0,40}") {
            let _ = parse(&json!(text)).and_then(number);
        }
    }
}
