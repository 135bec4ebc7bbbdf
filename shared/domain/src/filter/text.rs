//! The texts that filters compare.

/// Returns the digits of a phone number without a 0 in front. For example, `010-2468-2468` may be searched by
/// `2468`.
///
/// A national number of Korea or Japan begins with a 0 that the international form lacks.
pub(super) fn digits(text: &str) -> String {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    match digits.strip_prefix('0') {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => digits,
    }
}
