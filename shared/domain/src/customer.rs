//! The customer: anonymous visitor, lead or member, with every key of the basic table.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::builder_tags::BuilderTags;
use super::contact_point::{ContactPoint, ContactPointKind};
use super::device::{Mobile, Web, is_zero};
use super::id::CustomerId;
use super::limit::{DETAILS, ERASURE_ITEMS, LINKS};
use super::patch::Patch;
use super::profile::{Profile, Writer};
use super::purchase::Purchases;
use super::rejection_reason::RejectionReason;
use super::sender::Sender;
use super::tag::{self, Tags};
use super::time::{Millis, month};
use crate::detail::Detail;

/// What kind of customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Known by a cookie alone; never listed.
    Anonymous,
    /// Has an e-mail address or a phone number.
    Lead,
    /// Has a memberId.
    Member,
}

impl Kind {
    /// The kind's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Lead => "lead",
            Self::Member => "member",
        }
    }
}

/// Where the table registers one of the customer's contacts. Kept by the store.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Registration {
    /// Keyed hash of the address.
    #[serde(rename = "h")]
    pub hash: String,
    /// Whether it is registered as verified.
    #[serde(rename = "v", default, skip_serializing_if = "is_false")]
    pub verified: bool,
    /// Whether the holder has an item of its own, because the contact's list was full.
    #[serde(rename = "o", default, skip_serializing_if = "is_false")]
    pub overflow: bool,
}

/// The contacts under which the table knows the customer.
pub type Registrations = BTreeMap<ContactPointKind, Registration>;

/// A linked life of a member: a visitor of whom it is proven that it was the member (R11).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// The visitor's id.
    pub id: CustomerId,
    /// The visitor's contacts, so that an erasure can free them without reading the visitor.
    #[serde(rename = "c", default, skip_serializing_if = "BTreeMap::is_empty")]
    pub registrations: Registrations,
    /// When the visitor was first seen, epoch ms.
    #[serde(rename = "s", default)]
    pub since: Millis,
}

/// A customer that lives. Serialised with the names of the basic table; what is absent or zero is not stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    /// Id in the channel.
    pub id: CustomerId,
    /// Which life of its identifier this is, from 0 (R12).
    #[serde(rename = "gen", default, skip_serializing_if = "is_zero")]
    pub generation: u32,
    /// The site's id of a member.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member_id: Option<String>,
    /// The visitor's browser.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub veil_id: Option<String>,
    /// The name the site gives (R4); what a visitor types is `profile.name`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The profile, as compact JSON text in the table: it may hold numbers and keys that DynamoDB refuses.
    #[serde(with = "as_text", default)]
    pub profile: Profile,
    /// Tags and who set each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: Tags,
    /// BCP 47 language tag.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// ISO 3166-1 alpha-2, vouched for by a trusted proxy only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// City, vouched for by a trusted proxy only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    /// Whether marketing e-mail is refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unsubscribe_email: bool,
    /// Whether marketing texts are refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub unsubscribe_texting: bool,
    /// Whether the shop blocked the customer.
    #[serde(default, skip_serializing_if = "is_false")]
    pub blocked: bool,
    /// Whether the app can be pushed to.
    #[serde(default, skip_serializing_if = "is_false")]
    pub has_push_token: bool,
    /// The browser.
    #[serde(default)]
    pub web: Web,
    /// The app.
    #[serde(default)]
    pub mobile: Mobile,
    /// Sessions in all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sessions_count: u32,
    /// Last seen, epoch ms; lags by at most a minute (R6).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<Millis>,
    /// First seen, epoch ms.
    pub created_at: Millis,
    /// Last written, epoch ms (R7).
    pub updated_at: Millis,
    /// Whether the customer is, or once was, a lead or a member, and so is listed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub listed: bool,
    /// Where the table registers its contacts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub registrations: Registrations,
    /// A member's linked lives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// The member that a visitor turned out to be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub linked_to: Option<CustomerId>,
    /// When the life before this one was erased, epoch ms: what is dated up to then is that life's (R12).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revived_after: Option<Millis>,
    /// When its builder created it, epoch ms: an erasure dated before means an earlier life (R12, R13).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub builder_created_at: Option<Millis>,
    /// Of when the latest word is on what has no time of its own: [`NAME`] and the consent flags, epoch ms (R13).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub field_times: BTreeMap<String, Millis>,
    /// The builder's words on tags.
    #[serde(default, skip_serializing_if = "BuilderTags::is_empty")]
    pub builder_tags: BuilderTags,
    /// What its orders come to.
    #[serde(default, skip_serializing_if = "Purchases::is_empty")]
    pub purchases: Purchases,
    /// When its builder last told only that something changed, epoch ms: what is stored may be older.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stale_since: Option<Millis>,
}

/// Key of the name in [`Customer::field_times`].
pub const NAME: &str = "name";
/// Key of a consent flag in [`Customer::field_times`].
pub const UNSUBSCRIBE_EMAIL: &str = "unsubscribeEmail";
/// Key of the other one.
pub const UNSUBSCRIBE_TEXTING: &str = "unsubscribeTexting";

fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Customer {
    /// A new customer, about whom nothing is known.
    #[must_use]
    pub fn new(id: CustomerId, generation: u32, now: Millis) -> Self {
        Self {
            id,
            generation,
            member_id: None,
            veil_id: None,
            name: None,
            profile: Profile::default(),
            tags: Tags::new(),
            language: None,
            country: None,
            city: None,
            unsubscribe_email: false,
            unsubscribe_texting: false,
            blocked: false,
            has_push_token: false,
            web: Web::default(),
            mobile: Mobile::default(),
            sessions_count: 0,
            last_seen_at: None,
            created_at: now,
            updated_at: now,
            listed: false,
            registrations: Registrations::new(),
            links: Vec::new(),
            linked_to: None,
            revived_after: None,
            builder_created_at: None,
            field_times: BTreeMap::new(),
            builder_tags: BuilderTags::default(),
            purchases: Purchases::default(),
            stale_since: None,
        }
    }

    /// Anonymous, lead or member. Who was listed once is not hidden again.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match (&self.member_id, self.listed) {
            (Some(_), _) => Kind::Member,
            (None, true) => Kind::Lead,
            (None, false) => Kind::Anonymous,
        }
    }

    /// The contacts its profile names, and whether each is verified.
    pub fn contact_points(&self) -> impl Iterator<Item = (ContactPoint, bool)> {
        ContactPointKind::ALL.into_iter().filter_map(|kind| {
            let field = self.profile.get(kind.key())?;
            let address = field.value.as_str()?.to_owned();
            Some((ContactPoint { kind, address }, field.verified))
        })
    }

    /// Applies a patch (R2–R5). Returns what a page is told it cannot have.
    ///
    /// # Errors
    /// For anybody but a page, what could not be kept; then nothing is to be stored.
    pub fn apply(&mut self, patch: &Patch, sender: Sender, now: Millis) -> Result<Vec<Detail>, Vec<Detail>> {
        let writer = Writer { sender, time: now, verified: &patch.verified };
        let mut refused = Vec::new();
        if let Some(profile) = &patch.profile {
            refused.extend(self.profile.apply(profile, writer));
        }
        refused.extend(self.profile.apply_once(&patch.profile_once, writer));
        if let Some(tags) = &patch.tags
            && let Err(message) = tag::replace(&mut self.tags, tags, sender)
        {
            refused.push(Detail::new("tags", message).because(RejectionReason::Limit));
        }
        if let Some(language) = &patch.language {
            self.language.clone_from(language);
        }
        for (key, flag, new) in [
            (UNSUBSCRIBE_EMAIL, &mut self.unsubscribe_email, patch.unsubscribe_email),
            (UNSUBSCRIBE_TEXTING, &mut self.unsubscribe_texting, patch.unsubscribe_texting),
        ] {
            if let Some(new) = new.filter(|new| new != flag) {
                *flag = new;
                // A builder's word from before it may still come (R13).
                self.field_times.insert(key.to_owned(), now);
            }
        }
        self.blocked = patch.blocked.unwrap_or(self.blocked);
        // `name` is what the site says (R4): the Open API's `profile.name` is the site's word, a page's is not.
        if sender != Sender::Page {
            self.name_by(patch, now);
        }
        refused.truncate(DETAILS);
        if !refused.is_empty() && sender != Sender::Page {
            return Err(refused);
        }
        Ok(refused)
    }

    /// Takes the patch's `profile.name` for the site's word (R4). `profileOnce` names only who has no name; what a
    /// visitor typed before is nobody's word.
    pub fn name_by(&mut self, patch: &Patch, now: Millis) {
        let once = || patch.profile_once.get("name").and_then(|name| name.as_str());
        let name = match patch.name() {
            Some(name) => name,
            None if self.name.is_none() => once(),
            None => return,
        };
        if self.name.as_deref() != name {
            self.name = name.map(str::to_owned);
            self.field_times.insert(NAME.to_owned(), now);
        }
    }

    /// Settles what follows from a change: whether the customer is listed, and `updatedAt` if anything differs from
    /// `before` (R7). Returns whether there is anything to store.
    pub fn settle(&mut self, before: Option<&Self>, now: Millis) -> bool {
        self.listed |= self.member_id.is_some() || self.contact_points().next().is_some();
        // The first touch of a month always writes, so that the month's marker is set.
        let changed = before.is_none_or(|before| before != self || month(before.updated_at) < month(now));
        if changed {
            self.updated_at = self.updated_at.max(now);
        }
        changed
    }

    /// Whether an event dated `at` is of the life before this one, which was erased (R12).
    #[must_use]
    pub fn is_of_before(&self, at: Millis) -> bool {
        self.revived_after.is_some_and(|erased| at < erased)
    }

    /// Records that `visitor` was this member all along (R11).
    ///
    /// # Errors
    /// If the member's links are full: the visitor stays by itself, and the caller is told.
    pub fn link(&mut self, visitor: &mut Self) -> Result<(), Detail> {
        let items = |link: &Link| 1 + link.registrations.len();
        let new = Link {
            id: visitor.id.clone(),
            registrations: visitor.registrations.clone(),
            since: visitor.created_at,
        };
        let erasure = self.links.iter().map(items).sum::<usize>() + items(&new) + 4;
        if self.links.len() >= LINKS || erasure > ERASURE_ITEMS {
            let message = format!("not linked: a member has at most {LINKS} linked visitors");
            return Err(Detail::new("veilId", message).because(RejectionReason::Limit));
        }
        self.links.push(new);
        visitor.linked_to = Some(self.id.clone());
        Ok(())
    }
}

/// An erased life: nothing of the person, only that there was one (R12).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tombstone {
    /// Which life it was.
    pub generation: u32,
    /// Which life is the current one; equal to `generation` until somebody comes back. Kept on generation 0 only.
    pub current: u32,
    /// When it was erased, epoch ms.
    pub erased_at: Millis,
    /// The erasure.
    pub erasure: Option<String>,
}

/// What the table holds at a customer's id.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A customer, and the version of its item.
    Alive(Box<Customer>, u64),
    /// A tombstone.
    Erased(Tombstone),
}

impl Record {
    /// The customer that lives, if one does.
    #[must_use]
    pub fn alive(&self) -> Option<(&Customer, u64)> {
        match self {
            Self::Alive(customer, version) => Some((customer, *version)),
            Self::Erased(_) => None,
        }
    }
}

mod as_text {
    //! The profile as one JSON text.
    use super::Profile;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(profile: &Profile, serializer: S) -> Result<S::Ok, S::Error> {
        let text = serde_json::to_string(profile).map_err(serde::ser::Error::custom)?;
        serializer.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Profile, D::Error> {
        let text = String::deserialize(deserializer)?;
        serde_json::from_str(&text).map_err(serde::de::Error::custom)
    }
}
