//! Customer tags (R4): lower-cased, unique, at most 20.

use serde_json::Value;

use super::detail::Detail;
use super::limit::{DETAILS, PAGE_TAGS, TAG_CHARS, TAGS};
use super::sender::Sender;
use super::text;
use super::unicode::composed;

/// Tags with the sender of each tag. A page may remove only tags from pages.
pub type Tags = std::collections::BTreeMap<String, Sender>;

/// Parses one tag: trimmed, lower-cased and composed (NFC). For example, ` VIP ` becomes `vip`.
///
/// # Errors
/// A message with the expected form. The message leaves out the value.
pub fn parse(tag: &str) -> Result<String, String> {
    text::short(&composed(tag), TAG_CHARS).map(|tag| composed(&tag.to_lowercase()))
}

/// Parses a list of tags. Returns the readable tags, and every wrong entry by its index.
///
/// # Errors
/// The wrong field, if the value is no list, or has more than 20 tags.
pub fn parse_list(value: &Value) -> Result<(Vec<String>, Vec<Detail>), Detail> {
    let Value::Array(items) = value else { return Err(Detail::new("tags", "must be a list of texts")) };
    let (mut tags, mut wrong) = (Vec::new(), Vec::new());
    for (at, item) in items.iter().enumerate() {
        let tag = item.as_str().ok_or_else(|| "must be text".to_owned()).and_then(parse);
        match tag {
            Ok(tag) if !tags.contains(&tag) => tags.push(tag),
            Ok(_) => {}
            Err(message) => wrong.push(Detail::new(format!("tags[{at}]"), message)),
        }
        // Check inside the loop, because a list of a hundred thousand tags must not be compared with itself.
        if tags.len() > TAGS {
            return Err(Detail::new("tags", format!("must have at most {TAGS} tags")));
        }
        if wrong.len() == DETAILS {
            break;
        }
    }
    Ok((tags, wrong))
}

/// Adds `tags`. If a server sets a page's tag again, the tag becomes the server's, and pages can no longer
/// remove it.
///
/// Pages set at most half of the tags (R5). A tag of any other sender pushes out tags of pages, if needed.
///
/// # Errors
/// A message if the customer would have more than 20 tags, or more than 10 tags from pages.
pub fn add(to: &mut Tags, tags: &[String], sender: Sender) -> Result<(), String> {
    let new = tags.iter().filter(|tag| !to.contains_key(*tag)).count();
    let of_pages = |tags: &Tags| tags.values().filter(|sender| **sender == Sender::Page).count();
    if sender == Sender::Page && of_pages(to) + new > PAGE_TAGS {
        return Err(format!("pages set at most {PAGE_TAGS} tags of a customer"));
    }
    let over = (to.len() + new).saturating_sub(TAGS);
    let is_spare =
        |tag: &String| sender != Sender::Page && to.get(tag) == Some(&Sender::Page) && !tags.contains(tag);
    // Tags have no time, so the last tags by name go first.
    let spare: Vec<String> = to.keys().rev().filter(|tag| is_spare(tag)).take(over).cloned().collect();
    if spare.len() < over {
        return Err(format!("a customer has at most {TAGS} tags"));
    }
    for tag in &spare {
        to.remove(tag);
    }
    for tag in tags {
        let setter = to.entry(tag.clone()).or_insert(sender);
        if sender != Sender::Page {
            *setter = sender;
        }
    }
    Ok(())
}

/// Removes `tags`. Unknown tags are ignored. A page leaves the tags of all further senders, for example a
/// manager's.
pub fn remove(from: &mut Tags, tags: &[String], by: Sender) {
    for tag in tags {
        if by != Sender::Page || from.get(tag) == Some(&Sender::Page) {
            from.remove(tag);
        }
    }
}

/// Replaces the whole set within the rights of `by`. A page keeps the tags of all further senders.
///
/// # Errors
/// A message if the customer would have more than 20 tags.
pub fn replace(all: &mut Tags, tags: &[String], by: Sender) -> Result<(), String> {
    let gone: Vec<String> = all.keys().filter(|tag| !tags.contains(tag)).cloned().collect();
    // Work on a copy, so that a failure changes nothing.
    let mut new = all.clone();
    remove(&mut new, &gone, by);
    add(&mut new, tags, by)?;
    *all = new;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_update_keeps_manager_tags() {
        let mut tags = Tags::from([("退会".to_owned(), Sender::Server), ("vip".to_owned(), Sender::Page)]);
        replace(&mut tags, &["new".to_owned()], Sender::Page).unwrap();
        assert_eq!(tags.keys().collect::<Vec<_>>(), ["new", "退会"]);
        replace(&mut tags, &[], Sender::Server).unwrap();
        assert!(tags.is_empty());
    }

    #[test]
    fn oversized_set_changes_nothing() {
        let managers = (0..10).map(|n| (format!("m{n}"), Sender::Server));
        let mut tags: Tags = managers.chain([("a".to_owned(), Sender::Page)]).collect();
        let before = tags.clone();
        let many: Vec<String> = (0..15).map(|n| format!("p{n}")).collect();
        assert!(replace(&mut tags, &many, Sender::Page).is_err());
        assert_eq!(tags, before);
    }

    #[test]
    fn page_sets_half_of_the_tags_and_the_server_always_fits() {
        let named =
            |letter: char, count: usize| (0..count).map(|n| format!("{letter}{n:02}")).collect::<Vec<_>>();
        let mut tags = Tags::new();
        assert!(add(&mut tags, &named('p', PAGE_TAGS + 1), Sender::Page).is_err());
        add(&mut tags, &named('p', PAGE_TAGS), Sender::Page).unwrap();
        add(&mut tags, &named('s', TAGS - 1), Sender::Server).unwrap();
        assert_eq!(tags.len(), TAGS);
        assert_eq!(tags.get("p00"), Some(&Sender::Page));
        add(&mut tags, &named('s', TAGS), Sender::Server).unwrap();
        assert!(tags.values().all(|sender| *sender == Sender::Server));
        assert!(add(&mut tags, &named('t', 1), Sender::Server).is_err());
    }

    #[test]
    fn page_tag_set_again_by_the_manager_becomes_a_manager_tag() {
        let mut tags = Tags::from([("vip".to_owned(), Sender::Page)]);
        add(&mut tags, &["vip".to_owned()], Sender::Server).unwrap();
        remove(&mut tags, &["vip".to_owned()], Sender::Page);
        assert_eq!(tags.len(), 1);
    }
}
