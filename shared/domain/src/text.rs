//! Checks of text that every other file shares.

/// Whether `text` has a control character (U+0000–U+001F, U+007F–U+009F).
#[must_use]
pub fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Whether `text` has a control character other than a tab or a line break, which prose may have.
#[must_use]
pub fn has_control_in_prose(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// Parses a short text such as a name: trimmed, not empty, of at most `max` characters, no control character.
///
/// # Errors
/// What it must be, without the value.
pub fn short(text: &str, max: usize) -> Result<String, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("must not be empty".into());
    }
    if text.chars().count() > max {
        return Err(format!("must have at most {max} characters"));
    }
    if has_control(text) {
        return Err("must not have control characters".into());
    }
    Ok(text.to_owned())
}

/// Parses a language tag (BCP 47) such as `ko` or `ja-JP`.
///
/// # Errors
/// What it must be, without the value.
pub fn language(text: &str) -> Result<String, String> {
    let wrong = || "must be a BCP 47 language tag of at most 35 characters".to_owned();
    let text = text.trim();
    if text.chars().count() > 35 {
        return Err(wrong());
    }
    oxilangtag::LanguageTag::parse_and_normalize(text).map(|tag| tag.into_inner()).map_err(|_| wrong())
}

/// The first language of an `Accept-Language` header, if it names one.
#[must_use]
pub fn accepted_language(header: &str) -> Option<String> {
    let first = header.split(',').next()?.split(';').next()?;
    language(first).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_accepted_language_wins_and_a_wildcard_is_none() {
        assert_eq!(accepted_language("ko-KR,ko;q=0.9,en;q=0.8").as_deref(), Some("ko-KR"));
        assert_eq!(accepted_language("*"), None);
        assert_eq!(accepted_language(""), None);
    }
}
