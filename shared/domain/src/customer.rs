//! The customer: anonymous visitor, lead or member, with every key of the basic table.

use std::collections::BTreeMap;

use super::builder_tags::BuilderTags;
use super::contact_point::{ContactPoint, ContactPointKind};
use super::device::{Mobile, Web};
use super::id::{CustomerId, MemberId, VeilId};
use super::limit::{DETAILS, LINKS};
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

/// A linked record of a member: a visitor of whom it is proven that it was the member (R11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The visitor's id.
    pub id: CustomerId,
    /// When the visitor was first seen, epoch ms.
    pub since: Millis,
}

/// A customer with a live record. How it lies in the table is the store's business.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// Id in the channel.
    pub id: CustomerId,
    /// Which record of its natural key this is, from 0 (R12).
    pub generation: u32,
    /// The site's id of a member.
    pub member_id: Option<MemberId>,
    /// The visitor's browser.
    pub veil_id: Option<VeilId>,
    /// The name the site gives (R4); what a visitor types is `profile.name`.
    pub name: Option<String>,
    /// The profile.
    pub profile: Profile,
    /// Tags and who set each.
    pub tags: Tags,
    /// BCP 47 language tag.
    pub language: Option<String>,
    /// ISO 3166-1 alpha-2, vouched for by a trusted proxy only.
    pub country: Option<String>,
    /// City, vouched for by a trusted proxy only.
    pub city: Option<String>,
    /// Whether marketing e-mail is refused.
    pub unsubscribe_email: bool,
    /// Whether marketing texts are refused.
    pub unsubscribe_texting: bool,
    /// Whether the shop blocked the customer.
    pub blocked: bool,
    /// Whether the app can be pushed to.
    pub has_push_token: bool,
    /// The browser.
    pub web: Web,
    /// The app.
    pub mobile: Mobile,
    /// Sessions in all.
    pub sessions_count: u32,
    /// Last seen, epoch ms; lags by at most a minute (R6).
    pub last_seen_at: Option<Millis>,
    /// First seen, epoch ms.
    pub created_at: Millis,
    /// Last written, epoch ms (R7).
    pub updated_at: Millis,
    /// Whether the customer is, or once was, a lead or a member, and so is listed.
    pub listed: bool,
    /// A member's linked records.
    pub links: Vec<Link>,
    /// The member that a visitor turned out to be.
    pub linked_to: Option<CustomerId>,
    /// When the record before this one was erased, epoch ms: what is dated up to then belongs to that record (R12).
    pub revived_after: Option<Millis>,
    /// When its builder created it, epoch ms: an erasure dated before means an earlier record (R12, R13).
    pub builder_created_at: Option<Millis>,
    /// When the values that have no time of their own, [`NAME`] and the consent flags, were last written, epoch ms (R13).
    pub field_times: BTreeMap<String, Millis>,
    /// The builder's latest update of each tag.
    pub builder_tags: BuilderTags,
    /// What its orders come to.
    pub purchases: Purchases,
    /// When its builder last told only that something changed, epoch ms: what is stored may be older.
    pub stale_since: Option<Millis>,
}

/// Key of the name in [`Customer::field_times`].
pub const NAME: &str = "name";
/// Key of a consent flag in [`Customer::field_times`].
pub const UNSUBSCRIBE_EMAIL: &str = "unsubscribeEmail";
/// Key of the other one.
pub const UNSUBSCRIBE_TEXTING: &str = "unsubscribeTexting";

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

    /// Derives what follows from a change: whether the customer is listed, and `updatedAt` if anything differs from
    /// `before` (R7). Returns whether there is anything to store. The runner alone calls it.
    pub fn stamp(&mut self, before: Option<&Self>, now: Millis) -> bool {
        self.listed |= self.member_id.is_some() || self.contact_points().next().is_some();
        // The first touch of a month always writes, so that the month's marker is set.
        let changed = before.is_none_or(|before| before != self || month(before.updated_at) < month(now));
        if changed {
            self.updated_at = self.updated_at.max(now);
        }
        changed
    }

    /// Records that `visitor` was this member all along (R11). `fits` says whether an erasure of the member could still
    /// take the visitor along.
    ///
    /// # Errors
    /// If the member's links are full: the visitor stays by itself, and the caller is told.
    pub fn link(&mut self, visitor: &mut Self, fits: bool) -> Result<(), Detail> {
        if self.links.len() >= LINKS || !fits {
            let message = format!("not linked: a member has at most {LINKS} linked visitors");
            return Err(Detail::new("veilId", message).because(RejectionReason::Limit));
        }
        self.links.push(Link { id: visitor.id.clone(), since: visitor.created_at });
        visitor.linked_to = Some(self.id.clone());
        Ok(())
    }
}
