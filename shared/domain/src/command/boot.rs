//! Boot: whose page it is, what it may change, and what it links (R1, R4, R6, R11, R12).

use crate::customer::{Customer, Record, Tombstone};
use crate::detail::Detail;
use crate::id::{MemberId, VeilId};
use crate::patch::Patch;
use crate::rejection_reason::RejectionReason;
use crate::sender::Sender;
use crate::session::{self, Platform};
use crate::time::Millis;

/// A member as a page names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// The memberId.
    pub member_id: MemberId,
    /// Whether a memberHash proved it (R1).
    pub proven: bool,
}

/// What the app says of itself.
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
    /// Whether it can be pushed to; `None` leaves what is known.
    pub has_push_token: Option<bool>,
}

/// A parsed boot.
#[derive(Clone, Debug, Default)]
pub struct Boot {
    /// The member it claims to be.
    pub claim: Option<Claim>,
    /// The browser it comes from.
    pub veil: Option<VeilId>,
    /// What it says of the customer.
    pub patch: Patch,
    /// The app, if it is one.
    pub app: Option<AppInfo>,
    /// The User-Agent header.
    pub user_agent: Option<String>,
    /// The language for a customer that has none.
    pub language: Option<String>,
    /// Country and city, as a trusted proxy says.
    pub place: Option<(Option<String>, Option<String>)>,
}

/// Whose boot it is.
#[derive(Clone, Debug, PartialEq)]
pub enum Who {
    /// A customer that lives.
    Known(Box<Customer>, u64),
    /// A visitor of the boot's own veilId, seen for the first time.
    NewVisitor,
    /// A visitor who needs a new veilId, because the one it brought is another's, erased, malformed or missing.
    FreshVisitor,
    /// A member seen for the first time.
    NewMember,
    /// A member who was erased and came back, proven: the generation after this one (R12).
    RevivedMember(Tombstone),
}

/// What a boot does.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Whose boot it is.
    pub who: Who,
    /// The visitor to be linked to the member (R11).
    pub link: Option<(Box<Customer>, u64)>,
    /// Whether the page must forget its veilId for a new one.
    pub new_veil: bool,
    /// What the page is told.
    pub dropped: Vec<Detail>,
}

/// Decides whose boot it is. `visitor` is what lies at the veilId's id, `member` at the memberId's.
#[must_use]
pub fn plan(boot: &Boot, visitor: Option<Record>, member: Option<Record>) -> Plan {
    let mut dropped = Vec::new();
    let claim = boot.claim.as_ref().filter(|claim| {
        // Only a proven boot starts a new life after an erasure (R12); otherwise the page stays a visitor's.
        let refused = matches!(member, Some(Record::Erased(_))) && !claim.proven;
        if refused {
            let detail = Detail::new("memberId", "needs a memberHash to come back");
            dropped.push(detail.because(RejectionReason::Erased));
        }
        !refused
    });
    let Some(claim) = claim else { return of_visitor(boot, visitor, dropped) };
    let who = match member {
        Some(Record::Alive(customer, version)) => Who::Known(customer, version),
        Some(Record::Erased(tombstone)) => Who::RevivedMember(tombstone),
        None => Who::NewMember,
    };
    let known = match &who {
        Who::Known(customer, _) => Some(&customer.id),
        _ => None,
    };
    let (link, new_veil) = match visitor {
        None => (None, boot.veil.is_none()),
        Some(Record::Erased(_)) => (None, true),
        Some(Record::Alive(visitor, version)) => match &visitor.linked_to {
            Some(to) => (None, Some(to) != known),
            None if claim.proven => (Some((visitor, version)), false),
            None => (None, false),
        },
    };
    Plan { who, link, new_veil, dropped }
}

/// A boot that names no member. It never reads through a link: a shared computer must not show the last person.
fn of_visitor(boot: &Boot, visitor: Option<Record>, dropped: Vec<Detail>) -> Plan {
    let who = match visitor {
        Some(Record::Alive(customer, version)) if customer.linked_to.is_none() => {
            Who::Known(customer, version)
        }
        None if boot.veil.is_some() => Who::NewVisitor,
        _ => Who::FreshVisitor,
    };
    let new_veil = who == Who::FreshVisitor;
    Plan { who, link: None, new_veil, dropped }
}

impl Boot {
    /// Applies the boot to its customer. Returns what the page is told it cannot have.
    pub fn arrive(&self, customer: &mut Customer, now: Millis) -> Vec<Detail> {
        // A page's patch never fails as a whole: what it cannot have is dropped and reported (R5).
        let dropped = customer.apply(&self.patch, Sender::Page, now).unwrap_or_else(|refused| refused);
        if customer.member_id.is_some() {
            // What the site hands over at a member's boot is the site's word (R4).
            customer.name_by(&self.patch, now);
        }
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
