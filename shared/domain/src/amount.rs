//! Amounts of money: exact decimals on the way in, exact JSON numbers on the way out. Doubles are never
//! added.

use rust_decimal::Decimal;
use serde_json::Number;

/// The most digits before the point. With two digits behind the point, a JSON number still holds every digit.
const DIGITS: usize = 12;

/// Parses a plain decimal text into an exact amount.
///
/// The text has at most 12 digits before the point, and neither a sign nor commas. For example, `29800.00` is
/// an amount. `-1.00` and `1,000.00` are refused. A text with more digits than a JSON number can hold is
/// refused too.
#[must_use]
pub fn parse(text: &str) -> Option<Decimal> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    // A leading zero is the rest of a grouped amount: `1,007`, split at its comma, ends in `007`.
    let led = whole.len() > 1 && whole.starts_with('0');
    if !digits(whole) || !digits(fraction) || led || whole.len() > DIGITS {
        return None;
    }
    let amount = Decimal::from_str_exact(text).ok()?.normalize();
    json(amount).is_some().then_some(amount)
}

/// Returns the JSON number with the same text as the decimal, less the zeros at the end.
///
/// For example, `29.90` becomes `29.9`. `None` if a double cannot hold the decimal.
#[must_use]
pub fn json(amount: Decimal) -> Option<Number> {
    let text = amount.normalize().to_string();
    serde_json::from_str::<Number>(&text).ok().filter(|number| number.to_string() == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn amount_is_a_plain_decimal() {
        for (text, told) in [
            ("29.90", "29.9"),
            ("30.00", "30"),
            ("0.00", "0"),
            ("29900", "29900"),
            ("999999999999.99", "999999999999.99"),
        ] {
            assert_eq!(
                parse(text).and_then(json).map(|number| number.to_string()).as_deref(),
                Some(told),
                "{text}"
            );
        }
        // Signs, grouping, exponents, full-width digits and too many digits are refused.
        for text in [
            "",
            " ",
            " 1.00",
            "1,000.00",
            "NaN",
            "Infinity",
            "1e5",
            "-1.00",
            "+1.00",
            "1_000",
            ".5",
            "5.",
            "1.2.3",
            "₩1000",
            "１００",
            "007",
            "1000000000000",
            "1.0000000000000000000000000001",
            "0.12345678901234567890",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn amount_keeps_every_digit_as_a_json_number(whole in 0_u64..1_000_000_000_000, cents in 0_u32..100) {
            let text = format!("{whole}.{cents:02}");
            let amount = parse(&text);
            prop_assert_eq!(amount, Decimal::from_str_exact(&text).ok());
            let shown = amount.and_then(json).map(|number| number.to_string());
            let plain = text.trim_end_matches('0').trim_end_matches('.');
            prop_assert_eq!(shown.as_deref(), Some(plain));
        }

        #[test]
        fn parsing_never_panics(text in "\\PC{0,30}") {
            let _ = parse(&text);
        }
    }
}
