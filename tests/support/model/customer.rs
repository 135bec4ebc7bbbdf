//! What is known of a customer, and what saying something of it does (R2–R6).

use std::collections::BTreeMap;

use super::orders::Bought;
use super::writes::{Write, Writes, languages, stored, tags};
use super::{DAY, MINUTE, Record, RecordKind, month};
use serde_json::{Map, Value, json};

/// Who says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sender {
    /// A page's boot, of a member or not.
    Boot {
        member: bool,
    },
    Page,
    Server,
}

/// A profile's field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    pub value: Value,
    pub verified: bool,
    /// Whether a page wrote the value first.
    pub pages: bool,
}

/// What a life shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub created_at: i64,
    pub updated_at: i64,
    pub seen: Option<i64>,
    pub web_seen: Option<i64>,
    pub app_seen: Option<i64>,
    pub sessions: i64,
    pub web: i64,
    pub mobile: i64,
    pub name: Option<String>,
    pub language: Option<&'static str>,
    pub unsubscribed: bool,
    pub blocked: bool,
    pub app: bool,
    pub profile: BTreeMap<&'static str, Field>,
    /// A tag, and whether it is a page's.
    pub tags: BTreeMap<String, bool>,
    pub had_contact: bool,
    pub linked_to: Option<usize>,
    /// From when on its own page adds nothing.
    pub linked_at: Option<i64>,
    pub links: Vec<usize>,
    pub bought: Bought,
    /// Since when a builder knows more.
    pub stale_since: Option<i64>,
}

impl Customer {
    pub(crate) fn new(now: i64) -> Self {
        Self {
            created_at: now,
            updated_at: now,
            seen: None,
            web_seen: None,
            app_seen: None,
            sessions: 0,
            web: 0,
            mobile: 0,
            name: None,
            language: None,
            unsubscribed: false,
            blocked: false,
            app: false,
            profile: BTreeMap::new(),
            tags: BTreeMap::new(),
            had_contact: false,
            linked_to: None,
            linked_at: None,
            links: Vec::new(),
            bought: Bought::default(),
            stale_since: None,
        }
    }

    /// An anonymous visitor is kept for 90 days.
    pub(crate) fn expired(&self, record: &Record, now: i64) -> bool {
        let kept =
            !matches!(record.who, RecordKind::Visitor(_)) || self.had_contact || self.linked_to.is_some();
        !kept && now > self.updated_at.max(self.seen.unwrap_or(0)) + 90 * DAY
    }

    pub fn contact_point(&self, kind: &str) -> Option<&str> {
        self.profile.get(kind).and_then(|field| field.value.as_str())
    }

    /// Applies what was said; whether anything is different is for the caller to compare.
    pub(crate) fn apply(&mut self, writes: &Writes, by: Sender) {
        let boot = matches!(by, Sender::Boot { .. });
        if writes.reset && !boot {
            let stays = |key: &str| match key {
                "utmTerm" => true,
                "description" | "lastCheckoutCompletedAt" => by == Sender::Page,
                _ => false,
            };
            self.profile.retain(|key, _| stays(key));
            // The site's word is the page's to set at a member's boot alone.
            if by == Sender::Server {
                self.name = None;
            }
        }
        for (key, write) in writes.fields() {
            if writes.reset || (key == "description" && by != Sender::Server) {
                continue;
            }
            let value = match write {
                Write::Absent => continue,
                Write::Null => None,
                Write::One(n) => Some(stored(key, n)),
            };
            self.set(key, value, by);
        }
        if let Write::One(n) = writes.once_grade
            && !self.profile.contains_key("grade")
        {
            self.set("grade", Some(stored("grade", n)), by);
        }
        match writes.language {
            Write::One(n) if !boot || self.language.is_none() => self.language = Some(languages(n)),
            Write::Null if !boot => self.language = None,
            _ => {}
        }
        match writes.unsubscribe {
            Write::One(n) => self.unsubscribed = n.is_multiple_of(2),
            Write::Null if !boot => self.unsubscribed = false,
            _ => {}
        }
        if let Some(bits) = writes.tags {
            if by == Sender::Server {
                self.tags = tags(bits).into_iter().map(|tag| (tag, false)).collect();
            } else {
                self.tags.retain(|_, page| !*page);
                self.add_tags(bits);
            }
        }
    }

    /// A page's tags, beside those that are not its own.
    pub(crate) fn add_tags(&mut self, bits: u8) {
        for tag in tags(bits) {
            self.tags.entry(tag).or_insert(true);
        }
    }

    pub(crate) fn remove_tags(&mut self, bits: u8) {
        for tag in tags(bits) {
            if self.tags.get(&tag) == Some(&true) {
                self.tags.remove(&tag);
            }
        }
    }

    fn set(&mut self, key: &'static str, value: Option<String>, by: Sender) {
        if key == "utmTerm" && self.profile.contains_key(key) {
            return;
        }
        if key == "name" && matches!(by, Sender::Server | Sender::Boot { member: true }) {
            self.name = value.clone();
        }
        let contact_point = matches!(key, "email" | "mobileNumber");
        match value {
            None => drop(self.profile.remove(key)),
            Some(text) => {
                let same = self.profile.get(key).is_some_and(|field| field.value == text.as_str());
                let was = self.profile.get(key).is_some_and(|field| field.verified);
                let verified = by == Sender::Server || (same && was);
                let pages = if same { self.profile[key].pages } else { by != Sender::Server };
                self.had_contact |= contact_point;
                self.profile.insert(key, Field { value: text.into(), verified, pages });
            }
        }
    }

    /// A sight of it; whether that has to be written.
    pub(crate) fn sight(&mut self, app: bool, now: i64) -> bool {
        let side = if app { self.app_seen } else { self.web_seen };
        let opens = side.is_none_or(|seen| now - seen > 30 * MINUTE);
        let stale = |seen: Option<i64>| seen.is_none_or(|seen| now - seen > MINUTE);
        if !opens && !stale(self.seen) && !stale(side) && month(self.updated_at) == month(now) {
            return false;
        }
        if opens {
            self.sessions += 1;
            *(if app { &mut self.mobile } else { &mut self.web }) += 1;
        }
        self.seen = Some(now);
        *(if app { &mut self.app_seen } else { &mut self.web_seen }) = Some(now);
        true
    }

    fn kind(&self, who: &RecordKind) -> &'static str {
        match who {
            RecordKind::Member(_) => "member",
            RecordKind::Lead => "lead",
            RecordKind::Visitor(_) if self.had_contact => "lead",
            RecordKind::Visitor(_) => "anonymous",
        }
    }

    /// What the Open API must show of it, but for the times of sights.
    pub fn shown(&self, record: &Record, now: i64) -> Value {
        let mut profile: Map<String, Value> =
            self.profile.iter().map(|(key, field)| ((*key).to_owned(), field.value.clone())).collect();
        profile.extend(self.bought.shown(now));
        let verified = |key: &str| self.profile.get(key).is_some_and(|field| field.verified);
        let (member, veil) = match &record.who {
            RecordKind::Member(name) => (json!(name), Value::Null),
            RecordKind::Visitor(veil) => (Value::Null, json!(veil)),
            RecordKind::Lead => (Value::Null, Value::Null),
        };
        json!({
            // The Open API has no type for a visitor.
            "id": record.id, "type": Some(self.kind(&record.who)).filter(|kind| *kind != "anonymous"), "member": matches!(record.who, RecordKind::Member(_)),
            "memberId": member, "veilId": veil, "name": self.name, "profile": profile,
            "email": self.contact_point("email"), "mobileNumber": self.contact_point("mobileNumber"),
            "emailQualified": verified("email"), "mobileNumberQualified": verified("mobileNumber"),
            "tags": self.tags.keys().collect::<Vec<_>>(), "language": self.language,
            "unsubscribeEmail": self.unsubscribed, "blocked": self.blocked,
            "sessionsCount": self.sessions, "web.sessionsCount": self.web, "mobile.sessionsCount": self.mobile,
            "createdAt": self.created_at, "updatedAt": self.updated_at,
        })
    }

    /// What a page must be shown: a member that proved itself the whole, and anybody else the values of pages.
    pub fn shown_to_page(&self, record: &Record, now: i64) -> Value {
        let mut shown = self.shown(record, now);
        let whole = shown.as_object_mut().unwrap();
        let profile = whole["profile"].as_object_mut().unwrap();
        profile.remove("description");
        if !matches!(record.who, RecordKind::Member(_)) {
            profile.retain(|key, _| self.profile.get(key.as_str()).is_some_and(|field| field.pages));
            whole["name"] = Value::Null;
        }
        whole["type"] = json!(self.kind(&record.who));
        let own: Vec<_> = self.tags.iter().filter(|(_, page)| **page).map(|(tag, _)| tag).collect();
        whole["tags"] = json!(own);
        let keys = [
            "id",
            "type",
            "member",
            "memberId",
            "name",
            "profile",
            "tags",
            "language",
            "unsubscribeEmail",
            "sessionsCount",
        ];
        whole.retain(|key, _| keys.contains(&key.as_str()));
        shown
    }
}
