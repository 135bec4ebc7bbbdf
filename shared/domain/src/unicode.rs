//! The normal forms of typed text, so that one person types one identifier (R1, R5).

use icu_casemap::CaseMapper;
use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{Dash, DefaultIgnorableCodePoint, GeneralCategory};
use icu_properties::{CodePointMapData, CodePointSetData};

/// Returns the canonical composition (NFC). For example, the jamo of a Hangul syllable become the syllable.
#[must_use]
pub fn composed(text: &str) -> String {
    ComposingNormalizerBorrowed::new_nfc().normalize(text).into_owned()
}

/// Returns the compatible composition (NFKC) less all invisible characters. For example, full-width digits become
/// ASCII digits, and a zero-width space disappears.
#[must_use]
pub fn folded(text: &str) -> String {
    let visible: String = text.chars().filter(|c| !is_invisible(*c)).collect();
    ComposingNormalizerBorrowed::new_nfkc().normalize(&visible).into_owned()
}

/// Returns a text as searches and filters compare it: NFKC without invisible characters, with folded case. For example,
/// `ﾐﾅ ＭＩＮＡ` becomes `ミナ mina`.
#[must_use]
pub fn caseless(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    // Folding may take a text out of its normal form.
    folded(&CaseMapper::new().fold_string(&folded(text)))
}

/// Returns whether a character is invisible: a format character, a default-ignorable character of Unicode, or
/// the blank pattern of Braille.
///
/// For example, U+202E turns the following text around, and U+FE0F changes only the look.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c == '\u{2800}'
        || CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointMapData::<GeneralCategory>::new().get(c) == GeneralCategory::Format
}

/// Returns whether a character is one of Unicode's dashes, or a long vowel mark or a box-drawing line that people type
/// as a dash.
#[must_use]
pub fn is_dash(c: char) -> bool {
    matches!(c, 'ー' | '─' | '━') || CodePointSetData::new::<Dash>().contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_stable() {
        assert_eq!(composed("\u{1112}\u{1169}\u{11bc}\u{1100}\u{1175}\u{11af}"), "홍길");
        assert_eq!(composed("\u{1112}\u{1169}\u{11bc}"), "홍");
        assert_eq!(composed("ｶﾞ"), "ｶﾞ");
        assert_eq!(folded("ｶﾞ１２\u{200b}３\u{fe0f}"), "ガ123");
        assert_eq!(caseless("ﾐﾅ ＭＩＮＡ Straße"), "ミナ mina strasse");
        for c in ['-', '–', '—', '−', '‐', '〜', '﹣', 'ー'] {
            assert!(is_dash(c), "{c}");
        }
    }
}
