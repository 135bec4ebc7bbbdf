//! Boot: the record of the page, the change of the record, and the link to a member (R1, R4, R6, R11, R12).

use crate::customer::Customer;
use crate::detail::Detail;
use crate::id::{MemberId, NaturalKey, RecordIds, VeilId};
use crate::patch::Patch;
use crate::record::Record;
use crate::rejection_reason::RejectionReason;
use crate::revival::{Proof, new_record};
use crate::sender::Sender;
use crate::session::{self, Platform};
use crate::time::Millis;

/// A member as named by a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The memberId.
    pub member_id: MemberId,
    /// Whether a memberHash proved the memberId (R1).
    pub proven: bool,
}

/// The app's description of itself.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppInfo {
    /// Name.
    pub name: Option<String>,
    /// Version.
    pub version: Option<String>,
    /// Operating system with version.
    pub os: Option<String>,
    /// Operating system.
    pub os_name: Option<String>,
    /// Device.
    pub device: Option<String>,
    /// Whether the app can receive push messages. `None` keeps the stored value.
    pub has_push_token: Option<bool>,
}

/// A parsed boot.
#[derive(Clone, Debug, Default)]
pub struct Boot {
    /// The member named by the boot.
    pub claim: Option<Claim>,
    /// The browser of the boot.
    pub veil: Option<VeilId>,
    /// The patch of the customer.
    pub patch: Patch,
    /// The app, if the boot comes from an app.
    pub app: Option<AppInfo>,
    /// The User-Agent header.
    pub user_agent: Option<String>,
    /// The language for a customer without a language.
    pub language: Option<String>,
    /// The country and the city, from a trusted proxy.
    pub place: Option<(Option<String>, Option<String>)>,
}

/// The records at the ids named by a boot.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The record at the memberId.
    pub member: Option<Record>,
    /// The record at the veilId.
    pub visitor: Option<Record>,
}

/// The record changed by the boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The record found at the memberId.
    Member,
    /// The record found at the veilId.
    Visitor,
    /// A new record.
    New,
}

/// The decision of a boot.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The record changed by the boot.
    pub owner: Owner,
    /// The customer after the boot.
    pub after: Customer,
    /// The visitor after the boot, if the boot links the visitor to the member (R11).
    pub link: Option<Box<Customer>>,
    /// The browser's veilId from now on.
    pub veil: VeilId,
    /// Whether a new visitor's veilId came from the browser.
    pub adopted: bool,
    /// The refused fields, for the reply to the page.
    pub dropped: Vec<Detail>,
}

/// Decides a boot.
///
/// `fresh` is the veilId for a browser that needs a new veilId. `link_fits` says whether an erasure of the
/// member could still include the visitor.
///
/// For example, a proven boot as `lucas` in an unlinked visitor's browser changes the member's record and
/// links the visitor.
#[must_use]
pub fn decide(
    boot: &Boot,
    found: Found,
    fresh: &VeilId,
    link_fits: bool,
    ids: &impl RecordIds,
    now: Millis,
) -> Decision {
    let Found { member, visitor } = found;
    let Some(claim) = &boot.claim else { return of_visitor(boot, visitor, fresh, ids, now) };
    // Find the member's record, or start a new record if the claim permits a new record.
    let key = NaturalKey::Member(&claim.member_id);
    let (owner, after) = match member {
        Some(Record::Live(customer)) => (Owner::Member, Some(*customer)),
        Some(Record::Erased(tombstone)) => {
            let proof = Proof::Boot { proven: claim.proven };
            (Owner::New, new_record(key, Some(&tombstone), proof, ids, now))
        }
        None => (Owner::New, new_record(key, None, Proof::Boot { proven: claim.proven }, ids, now)),
    };
    // Only a proven boot starts a new record after an erasure. The page of an unproven boot stays a
    // visitor's.
    let Some(mut after) = after else {
        let mut decision = of_visitor(boot, visitor, fresh, ids, now);
        let detail = Detail::new("memberId", "needs a memberHash to come back");
        decision.dropped.insert(0, detail.because(RejectionReason::Erased));
        return decision;
    };
    // Apply the boot to the member's record.
    after.member_id = Some(claim.member_id.clone());
    let mut dropped = boot.arrive(&mut after, now);
    // Link an unlinked visitor, and find out whether the browser needs a new veilId.
    let (mut link, mut needs_veil) = (None, false);
    match visitor {
        None => needs_veil = boot.veil.is_none(),
        Some(Record::Erased(_)) => needs_veil = true,
        // The visitor is linked already. Only the linked member keeps the veilId.
        Some(Record::Live(visitor)) if visitor.linked_to.is_some() => {
            needs_veil = owner == Owner::New || visitor.linked_to.as_ref() != Some(&after.id);
        }
        Some(Record::Live(mut visitor)) if claim.proven => match after.link(&mut visitor, link_fits, now) {
            Ok(()) => link = Some(visitor),
            Err(detail) => dropped.push(detail),
        },
        Some(Record::Live(_)) => {}
    }
    let veil = boot.veil.clone().filter(|_| !needs_veil).unwrap_or_else(|| fresh.clone());
    Decision { owner, after, link, veil, adopted: false, dropped }
}

/// Decides a boot without a member.
///
/// The boot ignores every link, because a shared computer must hide the last person.
fn of_visitor(
    boot: &Boot,
    visitor: Option<Record>,
    fresh: &VeilId,
    ids: &impl RecordIds,
    now: Millis,
) -> Decision {
    // Find the visitor by the veilId, or decide on a new visitor.
    let (owner, veil, known) = match (visitor, &boot.veil) {
        (Some(Record::Live(customer)), Some(veil)) if customer.linked_to.is_none() => {
            (Owner::Visitor, veil, Some(*customer))
        }
        (None, Some(veil)) => (Owner::New, veil, None),
        // The veilId is linked, erased, malformed or missing.
        _ => (Owner::New, fresh, None),
    };
    let new = || Customer {
        veil_id: Some(veil.clone()),
        ..Customer::new(ids.record_id(NaturalKey::Visitor(veil), 0), 0, now)
    };
    // A new visitor may keep the veilId from the browser.
    let adopted = known.is_none() && boot.veil.as_ref() == Some(veil);
    let mut after = known.unwrap_or_else(new);
    let dropped = boot.arrive(&mut after, now);
    Decision { owner, after, link: None, veil: veil.clone(), adopted, dropped }
}

impl Boot {
    /// Applies the boot to its customer. Returns the refused fields for the page.
    pub fn arrive(&self, customer: &mut Customer, now: Millis) -> Vec<Detail> {
        // A page's patch never fails as a whole. Refused fields are dropped and reported (R5).
        let dropped = customer.apply(&self.patch, Sender::Page, now).unwrap_or_else(|refused| refused);
        if customer.member_id.is_some() {
            // The site hands over the name at a member's boot (R4).
            customer.name_by(&self.patch, now);
        }
        // Language, place and device. A stored language stays.
        if customer.language.is_none() {
            customer.language.clone_from(&self.language);
        }
        if let Some((country, city)) = &self.place {
            customer.country.clone_from(country);
            customer.city.clone_from(city);
        }
        let platform = if self.app.is_some() { Platform::Mobile } else { Platform::Web };
        match (&self.app, &self.user_agent) {
            (Some(app), _) => app.describe(customer),
            (None, Some(user_agent)) => customer.web.describe(user_agent),
            (None, None) => {}
        }
        // Count the visit.
        session::seen(customer, platform, now);
        dropped
    }
}

impl AppInfo {
    fn describe(&self, customer: &mut Customer) {
        let take = |to: &mut Option<String>, from: &Option<String>| {
            if from.is_some() {
                to.clone_from(from);
            }
        };
        take(&mut customer.mobile.app_name, &self.name);
        take(&mut customer.mobile.app_version, &self.version);
        take(&mut customer.mobile.os, &self.os);
        take(&mut customer.mobile.os_name, &self.os_name);
        take(&mut customer.mobile.device, &self.device);
        customer.has_push_token = self.has_push_token.unwrap_or(customer.has_push_token);
    }
}
