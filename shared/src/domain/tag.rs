//! Customer tags (R4): lower-cased, unique, at most 20.

use serde_json::Value;

use super::field::Source;
use super::limit::{TAG_CHARS, TAGS};
use super::text;

/// A tag and who set it. A page may remove only tags that a page set.
pub type Tags = std::collections::BTreeMap<String, Source>;

/// Parses one tag: trimmed and lower-cased.
///
/// # Errors
/// What it must be, without the value.
pub fn parse(tag: &str) -> Result<String, String> {
    text::short(tag, TAG_CHARS).map(|tag| tag.to_lowercase())
}

/// Parses a list of tags.
///
/// # Errors
/// Index of the wrong tag, if one is, and what it must be.
pub fn parse_list(value: &Value) -> Result<Vec<String>, (Option<usize>, String)> {
    let Value::Array(items) = value else { return Err((None, "must be a list of texts".into())) };
    let mut tags = Vec::new();
    for (at, item) in items.iter().enumerate() {
        let Value::String(tag) = item else { return Err((Some(at), "must be text".into())) };
        let tag = parse(tag).map_err(|message| (Some(at), message))?;
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    if tags.len() > TAGS {
        return Err((None, format!("must have at most {TAGS} tags")));
    }
    Ok(tags)
}

/// Adds `tags`; those that exist keep their source.
///
/// # Errors
/// If there would be more than 20.
pub fn add(to: &mut Tags, tags: &[String], source: Source) -> Result<(), String> {
    let new = tags.iter().filter(|tag| !to.contains_key(*tag)).count();
    if to.len() + new > TAGS {
        return Err(format!("a customer has at most {TAGS} tags"));
    }
    for tag in tags {
        to.entry(tag.clone()).or_insert(source);
    }
    Ok(())
}

/// Removes `tags`; unknown ones are ignored. A page leaves those that others set, such as a manager's.
pub fn remove(from: &mut Tags, tags: &[String], by: Source) {
    for tag in tags {
        if by != Source::Page || from.get(tag) == Some(&Source::Page) {
            from.remove(tag);
        }
    }
}

/// Replaces the whole set, as far as `by` may: a page keeps the tags that others set.
///
/// # Errors
/// If there would be more than 20.
pub fn replace(all: &mut Tags, tags: &[String], by: Source) -> Result<(), String> {
    let gone: Vec<String> = all.keys().filter(|tag| !tags.contains(tag)).cloned().collect();
    remove(all, &gone, by);
    add(all, tags, by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_leaves_the_managers_tag() {
        let mut tags = Tags::from([("退会".to_owned(), Source::Server), ("vip".to_owned(), Source::Page)]);
        replace(&mut tags, &["new".to_owned()], Source::Page).unwrap();
        assert_eq!(tags.keys().collect::<Vec<_>>(), ["new", "退会"]);
        replace(&mut tags, &[], Source::Server).unwrap();
        assert!(tags.is_empty());
    }
}
