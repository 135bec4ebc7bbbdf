//! The customer: an anonymous visitor, a lead or a member, with every key of the basic table.

use std::collections::BTreeMap;

use super::builder_tags::BuilderTags;
use super::contact_point::{ContactPoint, ContactPointKind};
use super::device::{Mobile, Web};
use super::error::Error;
use super::id::{CustomerId, MemberId, VeilId};
use super::limit::{DETAILS, LINKS};
use super::patch::{Patch, ProfilePatch};
use super::profile::{Profile, Writer};
use super::purchase::Purchases;
use super::rejection_reason::RejectionReason;
use super::sender::Sender;
use super::tag::{self, Tags};
use super::time::{Millis, month};
use crate::detail::Detail;
use crate::field;

use serde_json::Value;

/// The kind of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Known by a cookie only, and never listed.
    Anonymous,
    /// Has, or once had, an e-mail address or a phone number.
    Lead,
    /// Has a memberId.
    Member,
}

impl Kind {
    /// Returns the kind's name on the wire.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Anonymous => "anonymous",
            Self::Lead => "lead",
            Self::Member => "member",
        }
    }
}

/// A linked record of a member: a visitor, proven to be the member (R11).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The visitor's id.
    pub id: CustomerId,
    /// The time at which the visitor was first seen, epoch ms.
    pub since: Millis,
}

/// A customer with a live record. The store decides how the table keeps the customer.
#[derive(Clone, Debug, PartialEq)]
pub struct Customer {
    /// The id in the channel.
    pub id: CustomerId,
    /// The generation: the number of this record of its natural key, from 0 (R12).
    pub generation: u32,
    /// The memberId, the site's id of a member.
    pub member_id: Option<MemberId>,
    /// The veilId of the visitor's browser.
    pub veil_id: Option<VeilId>,
    /// The name from the site (R4). The text typed by a visitor is `profile.name`.
    pub name: Option<String>,
    /// The profile.
    pub profile: Profile,
    /// The tags, with the sender of each tag.
    pub tags: Tags,
    /// The language, a BCP 47 tag.
    pub language: Option<String>,
    /// The country, ISO 3166-1 alpha-2, from a trusted proxy only.
    pub country: Option<String>,
    /// The city, from a trusted proxy only.
    pub city: Option<String>,
    /// Whether the customer refuses marketing e-mail.
    pub unsubscribe_email: bool,
    /// Whether the customer refuses marketing texts.
    pub unsubscribe_texting: bool,
    /// Whether the shop blocked the customer.
    pub blocked: bool,
    /// Whether the app can receive push messages.
    pub has_push_token: bool,
    /// The browser.
    pub web: Web,
    /// The app.
    pub mobile: Mobile,
    /// The number of sessions, in browsers and in the app.
    pub sessions_count: u32,
    /// The time at which the customer was last seen, epoch ms. The time lags by at most a minute (R6).
    pub last_seen_at: Option<Millis>,
    /// The time at which the customer was first seen, epoch ms.
    pub created_at: Millis,
    /// The time of the last write, epoch ms (R7).
    pub updated_at: Millis,
    /// Whether the customer is, or once was, a lead or a member. Then the customer is listed.
    pub listed: bool,
    /// A member's linked records.
    pub links: Vec<Link>,
    /// The member to which the visitor is linked.
    pub linked_to: Option<CustomerId>,
    /// The time of the link, epoch ms. From then on the visitor's own page adds nothing (R11).
    pub linked_at: Option<Millis>,
    /// The time at which the record before this record was erased, epoch ms.
    ///
    /// Events before this time belong to the erased record (R12).
    pub revived_after: Option<Millis>,
    /// The time at which the builder created the customer, epoch ms.
    ///
    /// An erasure with an earlier date is about an earlier record (R12, R13).
    pub builder_created_at: Option<Millis>,
    /// The last write of each value without a time of its own, epoch ms (R13): [`NAME`] and the consent
    /// flags.
    pub field_times: BTreeMap<String, Millis>,
    /// The builder's latest update of each tag.
    pub builder_tags: BuilderTags,
    /// The sums of the customer's orders.
    pub purchases: Purchases,
    /// The time of the latest builder update that only announced a change, epoch ms. Stored values may be
    /// older.
    pub stale_since: Option<Millis>,
}

/// The key of the name in [`Customer::field_times`].
pub const NAME: &str = "name";
/// The key of the consent flag for e-mail in [`Customer::field_times`].
pub const UNSUBSCRIBE_EMAIL: &str = "unsubscribeEmail";
/// The key of the consent flag for texts in [`Customer::field_times`].
pub const UNSUBSCRIBE_TEXTING: &str = "unsubscribeTexting";

impl Customer {
    /// Creates an empty customer.
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
            linked_at: None,
            revived_after: None,
            builder_created_at: None,
            field_times: BTreeMap::new(),
            builder_tags: BuilderTags::default(),
            purchases: Purchases::default(),
            stale_since: None,
        }
    }

    /// Returns the kind: anonymous, lead or member. A listed customer stays listed.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match (&self.member_id, self.listed) {
            (Some(_), _) => Kind::Member,
            (None, true) => Kind::Lead,
            (None, false) => Kind::Anonymous,
        }
    }

    /// Returns the contact points in the profile, and whether each contact point is verified.
    pub fn contact_points(&self) -> impl Iterator<Item = (ContactPoint, bool)> {
        ContactPointKind::ALL.into_iter().filter_map(|kind| {
            let field = self.profile.get(kind.key())?;
            Some((ContactPoint::of(kind, field.value.as_str()?), field.verified))
        })
    }

    /// Returns whether a registration of this customer for a contact point is only the claim of a page (R10).
    ///
    /// A customer whose own profile lacks the contact point is registered by a linked visitor's claim.
    #[must_use]
    pub fn only_claims(&self, point: &ContactPoint) -> bool {
        let own = self.contact_points().any(|(own, _)| own == *point);
        let field = self.profile.get(point.kind.key()).filter(|_| own);
        field.is_none_or(|field| field.sender == Sender::Page && !field.verified)
    }

    /// Applies a patch (R2–R5). Returns the refused fields, if the rest is stored.
    ///
    /// # Errors
    /// The refused fields, if the patch fails as a whole. Then the caller must discard the customer.
    pub fn apply(&mut self, patch: &Patch, sender: Sender, now: Millis) -> Result<Vec<Detail>, Vec<Detail>> {
        let writer = Writer { sender, time: now, verified: &patch.verified };
        let mut refused = Vec::new();
        // Profile, then `profileOnce` for the fields that are still empty.
        if let Some(profile) = &patch.profile {
            refused.extend(self.profile.apply(profile, writer));
        }
        refused.extend(self.profile.apply_once(&patch.profile_once, writer));
        if let Some(qualified) = &patch.qualified {
            self.profile.qualify(qualified);
        }
        if let Some(tags) = &patch.tags
            && let Err(message) = tag::replace(&mut self.tags, tags, sender)
        {
            refused.push(Detail::new("tags", message).because(RejectionReason::Limit));
        }
        if let Some(language) = &patch.language {
            self.language.clone_from(language);
        }
        // Consent flags. A flag that stays the same keeps its time.
        for (key, flag, new) in [
            (UNSUBSCRIBE_EMAIL, &mut self.unsubscribe_email, patch.unsubscribe_email),
            (UNSUBSCRIBE_TEXTING, &mut self.unsubscribe_texting, patch.unsubscribe_texting),
        ] {
            if let Some(new) = new.filter(|new| new != flag) {
                *flag = new;
                // Note the time, because an older builder update may still come (R13).
                self.field_times.insert(key.to_owned(), now);
            }
        }
        self.blocked = patch.blocked.unwrap_or(self.blocked);
        // `name` comes from the site (R4). The Open API's `profile.name` comes from the site. A page's
        // `profile.name` comes from the visitor.
        if sender != Sender::Page {
            self.name_by(patch, now);
        }
        refused.truncate(DETAILS);
        if !refused.is_empty() && !patch.stores_the_rest(sender) {
            return Err(refused);
        }
        Ok(refused)
    }

    /// Returns the set-once fields of a patch that kept an earlier value, for the reply to a server.
    ///
    /// The fields are those of `profileOnce`, and the set-once fields of `profile`, such as `utmSource`. Call
    /// this function after [`Self::apply`].
    #[must_use]
    pub fn kept_despite(&self, patch: &Patch) -> Vec<Detail> {
        let is_kept =
            |key: &str, value: &Value| self.profile.get(key).is_some_and(|known| known.value != *value);
        let set_once = match &patch.profile {
            Some(ProfilePatch::Fields(fields)) => {
                Some(fields.iter().filter(|(key, _)| field::is_set_once(key)))
            }
            _ => None,
        };
        let set_once = set_once.into_iter().flatten().filter_map(|(key, value)| Some((key, value.as_ref()?)));
        let once = patch.profile_once.iter().map(|(key, value)| ("profileOnce", key, value));
        let all = set_once.map(|(key, value)| ("profile", key, value)).chain(once);
        let kept = all.filter(|(_, key, value)| is_kept(key, value));
        let message = "was set before and keeps its value";
        kept.map(|(within, key, _)| Detail::new(format!("{within}.{key}"), message)).take(DETAILS).collect()
    }

    /// Takes the patch's `profile.name` as the name from the site (R4).
    ///
    /// `profileOnce.name` sets the name only for a customer without a name. A `profile.name` typed earlier by
    /// the visitor makes no difference.
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

    /// Derives `listed` and `updatedAt` from a change (R7). Returns whether the caller must store the
    /// customer.
    ///
    /// `updatedAt` moves if anything differs from `before`. Only the runner's write calls this function.
    pub fn stamp(&mut self, before: Option<&Self>, now: Millis) -> bool {
        self.listed |= self.member_id.is_some() || self.contact_points().next().is_some();
        // The first touch of a month always writes, so that the month's marker is set.
        let changed = before.is_none_or(|before| before != self || month(before.updated_at) < month(now));
        if changed {
            self.updated_at = self.updated_at.max(now);
        }
        changed
    }

    /// Links `visitor` to this member (R11).
    ///
    /// `fits` says whether an erasure of the member could still include the visitor.
    ///
    /// # Errors
    /// A detail for the caller, if the member's links are full. Then the visitor stays unlinked.
    pub fn link(&mut self, visitor: &mut Self, fits: bool, now: Millis) -> Result<(), Detail> {
        if self.links.len() >= LINKS || !fits {
            let message = format!("not linked: a member has at most {LINKS} linked visitors");
            return Err(Detail::new("veilId", message).because(RejectionReason::Limit));
        }
        self.links.push(Link { id: visitor.id.clone(), since: visitor.created_at });
        visitor.linked_to = Some(self.id.clone());
        visitor.linked_at = Some(now);
        Ok(())
    }

    /// Returns whether an event dated `at` is too late for the page of a visitor that is linked since.
    ///
    /// The page proved nothing, so the page may finish the visitor's story and may not go on with the member's.
    #[must_use]
    pub fn follows_link(&self, at: Millis) -> bool {
        self.linked_at.is_some_and(|linked_at| at >= linked_at)
    }

    /// Refuses the customer's pages if the shop blocked the customer.
    ///
    /// # Errors
    /// [`Error::Blocked`].
    pub fn check_page(&self) -> Result<(), Error> {
        if self.blocked { Err(Error::Blocked) } else { Ok(()) }
    }
}
