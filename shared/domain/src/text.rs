//! Checks of text for all files.

/// Returns whether `text` has a control character (U+0000–U+001F, U+007F–U+009F).
#[must_use]
pub fn has_control(text: &str) -> bool {
    text.chars().any(char::is_control)
}

/// Returns whether `text` has a control character apart from tabs and line breaks, which prose may have.
#[must_use]
pub fn has_control_in_prose(text: &str) -> bool {
    text.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\n' | '\r'))
}

/// Parses a short text, for example a name. The text is trimmed and has 1 to `max` characters.
/// Control characters are refused.
///
/// # Errors
/// A message with the expected form. The message leaves out the value.
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

/// Parses a language tag (BCP 47), for example `ko` or `ja-JP`.
///
/// # Errors
/// A message with the expected form. The message leaves out the value.
pub fn language(text: &str) -> Result<String, String> {
    let wrong = || "must be a BCP 47 language tag of at most 35 characters".to_owned();
    let text = text.trim();
    if text.chars().count() > 35 {
        return Err(wrong());
    }
    oxilangtag::LanguageTag::parse_and_normalize(text).map(|tag| tag.into_inner()).map_err(|_| wrong())
}

/// Returns the first language of an `Accept-Language` header, if the header names a language.
///
/// The region is left out, as in Channel Talk's list of languages: `ko-KR` becomes `ko`. Only Chinese keeps its region,
/// because it tells the two scripts apart, such as `zh-TW`.
#[must_use]
pub fn accepted_language(header: &str) -> Option<String> {
    let first = header.split(',').next()?.split(';').next()?;
    let tag = oxilangtag::LanguageTag::parse_and_normalize(first.trim()).ok()?;
    match (tag.primary_language(), tag.region()) {
        ("zh", Some(region)) => Some(format!("zh-{region}")),
        (primary, _) => language(primary).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_accepted_language_wins_and_a_wildcard_is_none() {
        for (header, language) in [
            ("ko-KR,ko;q=0.9,en;q=0.8", "ko"),
            ("ja", "ja"),
            ("en-US;q=0.9", "en"),
            ("zh-TW,zh;q=0.9", "zh-TW"),
            ("zh-hant-tw", "zh-TW"),
            ("zh", "zh"),
            ("pt-br", "pt"),
        ] {
            assert_eq!(accepted_language(header).as_deref(), Some(language), "{header}");
        }
        assert_eq!(accepted_language("*"), None);
        assert_eq!(accepted_language(""), None);
    }
}
