//! Properties of the rules, for every sequence of patches, visits and events.

use std::collections::BTreeMap;

use okyaku_domain::command::boot::{Boot, Claim, Decision, Found, Owner, decide};
use okyaku_domain::customer::Customer;
use okyaku_domain::field::is_set_once;
use okyaku_domain::id::{CustomerId, MemberId, NaturalKey, RecordIds, VeilId};
use okyaku_domain::limit::{LINKS, PROFILE_BYTES, PROFILE_KEYS, TAGS};
use okyaku_domain::member_hash::{member_hash, proves};
use okyaku_domain::patch::{Patch, ProfilePatch};
use okyaku_domain::record::{Record, Tombstone};
use okyaku_domain::sender::Sender;
use okyaku_domain::session::{self, Platform, SILENCE};
use okyaku_domain::tag::{self, Tags};
use proptest::prelude::*;
use serde_json::{Value, json};

const NOW: i64 = 1_795_348_800_000;

fn customer(id: u8) -> Customer {
    Customer::new(CustomerId::from_bytes([id; 10]), 0, NOW)
}

/// Ids that differ by key and generation.
struct Ids;

impl RecordIds for Ids {
    fn record_id(&self, key: NaturalKey<'_>, generation: u32) -> CustomerId {
        let kind = if matches!(key, NaturalKey::Member(_)) { 2 } else { 1 };
        let mut bytes = [kind; 10];
        bytes[9] = generation.to_le_bytes()[0];
        CustomerId::from_bytes(bytes)
    }
}

fn fresh() -> VeilId {
    VeilId::from_bytes([0xff; 16])
}

fn booted(boot: &Boot, found: Found) -> Decision {
    decide(boot, found, &fresh(), true, &Ids, NOW)
}

fn sender() -> impl Strategy<Value = Sender> {
    prop_oneof![Just(Sender::Page), Just(Sender::Server)]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z]{0,40}".prop_map(Value::from)
    ]
}

/// Patches over a few keys, so that two patches meet on a key. Two of the keys are set once.
fn profile() -> impl Strategy<Value = ProfilePatch> {
    let key = prop_oneof![Just("referrer"), Just("utmSource"), Just("grade"), Just("size"), Just("name")];
    let fields = prop::collection::btree_map(key.prop_map(str::to_owned), prop::option::of(value()), 0..5);
    prop_oneof![9 => fields.prop_map(ProfilePatch::Fields), 1 => Just(ProfilePatch::Reset)]
}

fn patch(profile: ProfilePatch) -> Patch {
    Patch { profile: Some(profile), ..Patch::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// R2: a set-once key keeps its first value for every later writer.
    #[test]
    fn set_once_key_keeps_its_first_value(patches in prop::collection::vec((profile(), sender()), 1..20)) {
        let mut customer = customer(1);
        let mut first: BTreeMap<String, Value> = BTreeMap::new();
        for (profile, sender) in patches {
            // Remember the first value of every set-once key.
            if let ProfilePatch::Fields(fields) = &profile {
                for (key, value) in fields.iter().filter(|(key, _)| is_set_once(key)) {
                    if let Some(value) = value {
                        first.entry(key.clone()).or_insert_with(|| value.clone());
                    }
                }
            }
            customer.apply(&patch(profile), sender, NOW).unwrap();
            for (key, value) in &first {
                prop_assert_eq!(&customer.profile.get(key).unwrap().value, value);
            }
        }
    }

    /// R3: a patch changes the named keys and leaves the rest.
    #[test]
    fn absent_key_stays_and_null_clears(before in profile(), after in profile()) {
        let mut customer = customer(1);
        customer.apply(&patch(before), Sender::Server, NOW).unwrap();
        let old = customer.profile.clone();
        let ProfilePatch::Fields(fields) = &after else { return Ok(()) };
        customer.apply(&patch(after.clone()), Sender::Server, NOW).unwrap();
        for key in ["grade", "size", "name"] {
            let now = customer.profile.get(key).map(|field| &field.value);
            // Absent stays, null clears, and a value replaces.
            match fields.get(key) {
                None => prop_assert_eq!(now, old.get(key).map(|field| &field.value)),
                Some(None) => prop_assert_eq!(now, None),
                Some(Some(value)) => prop_assert_eq!(now, Some(value)),
            }
        }
    }

    /// A repeated patch changes nothing.
    #[test]
    fn patch_is_idempotent(profile in profile(), sender in sender()) {
        let mut once = customer(1);
        once.apply(&patch(profile.clone()), sender, NOW).unwrap();
        let mut twice = once.clone();
        twice.apply(&patch(profile), sender, NOW + 1).unwrap();
        prop_assert_eq!(once, twice);
    }

    /// R5: every sequence of a page's patches stays within the limits, and fitting fields are kept.
    #[test]
    fn profile_stays_within_its_limits(patches in prop::collection::vec((0..300_u32, 0..6000_usize), 1..60)) {
        let mut customer = customer(1);
        for (key, size) in patches {
            let fields = BTreeMap::from([(format!("k{key}"), Some(json!("x".repeat(size))))]);
            customer.apply(&patch(ProfilePatch::Fields(fields)), Sender::Page, NOW).unwrap();
            prop_assert!(customer.profile.iter().count() <= PROFILE_KEYS);
            prop_assert!(customer.profile.bytes() <= PROFILE_BYTES);
        }
    }

    /// R4: a manager's tags stay after every change of a page.
    #[test]
    fn page_never_removes_manager_tags(
        managers in prop::collection::btree_set("[a-e]", 0..5),
        steps in prop::collection::vec((0..3_u8, prop::collection::vec("[a-h]", 0..6)), 0..10),
    ) {
        let mut tags: Tags = managers.iter().map(|tag| (tag.clone(), Sender::Server)).collect();
        for (kind, list) in steps {
            match kind {
                0 => { let _ = tag::add(&mut tags, &list, Sender::Page); }
                1 => tag::remove(&mut tags, &list, Sender::Page),
                _ => { let _ = tag::replace(&mut tags, &list, Sender::Page); }
            }
            prop_assert!(managers.iter().all(|tag| tags.get(tag) == Some(&Sender::Server)));
            prop_assert!(tags.len() <= TAGS);
        }
    }

    /// R6: the number of a platform's sessions is the number of its silences of more than 30 minutes, plus its first
    /// visit.
    #[test]
    fn sessions_are_counted_by_silence(gaps in prop::collection::vec((0..2 * SILENCE, any::<bool>()), 0..40)) {
        let (mut customer, mut now, mut stored) = (customer(1), NOW, [None::<i64>; 2]);
        let mut expected = [0, 0];
        for (gap, mobile) in gaps {
            now += gap;
            let on = usize::from(mobile);
            expected[on] += u32::from(stored[on].is_none_or(|last| now - last > SILENCE));
            session::seen(&mut customer, if mobile { Platform::Mobile } else { Platform::Web }, now);
            stored = [customer.web.last_seen_at, customer.mobile.last_seen_at];
            prop_assert_eq!([customer.web.sessions_count, customer.mobile.sessions_count], expected);
            prop_assert_eq!(customer.sessions_count, expected[0] + expected[1]);
            prop_assert!(now - stored[on].unwrap() <= session::LAG);
            prop_assert_eq!(customer.last_seen_at, stored[0].max(stored[1]));
        }
    }

    /// R8: the time of the latest order is the maximum. Order and repetition of the events make no
    /// difference.
    #[test]
    fn latest_order_is_a_maximum(mut times in prop::collection::vec(0..NOW, 1..10)) {
        let mut customer = customer(1);
        times.extend(times.clone());
        for at in &times {
            customer.profile.checked_out(*at);
        }
        let stored = customer.profile.get("lastCheckoutCompletedAt").unwrap().value.clone();
        prop_assert_eq!(stored, json!(times.iter().max().unwrap()));
    }

    /// R1: a hash with one changed character proves nothing.
    #[test]
    fn changed_hash_proves_nothing(member in "[a-z0-9]{1,20}", at in 0..64_usize, digit in "[0-9a-f]") {
        let secret = "4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25";
        let right = member_hash(secret, &member).unwrap();
        prop_assert!(proves(secret, &member, &right));
        // Replace one character. The new digit may be the same.
        let mut wrong = right.clone();
        wrong.replace_range(at..=at, &digit);
        prop_assert_eq!(proves(secret, &member, &wrong), wrong == right);
    }

    /// R1: a memberId is free of the characters that could break a path or a log.
    #[test]
    fn member_id_is_safe_in_a_path(text in "\\PC{0,70}") {
        if let Ok(member) = MemberId::parse(&text) {
            let forbidden = |c: char| c.is_whitespace() || c.is_control() || "/?#%\\".contains(c);
            prop_assert!(!member.as_str().contains(forbidden));
            prop_assert!((1..=64).contains(&member.as_str().chars().count()));
        }
    }

    /// R11: a boot never serves the record of a linked visitor, and never links the visitor again.
    #[test]
    fn linked_visitor_is_served_to_nobody(claims in any::<bool>(), proven in any::<bool>(), own in any::<bool>()) {
        let mut visitor = customer(1);
        visitor.linked_to = Some(customer(2).id);
        let mut member = customer(if own { 2 } else { 3 });
        member.member_id = Some(MemberId::parse("lee").unwrap());
        let claim = claims.then(|| Claim { member_id: MemberId::parse("lee").unwrap(), proven });
        let boot = Boot { claim, veil: VeilId::parse(&"0".repeat(32)), ..Boot::default() };
        let found = claims.then(|| Record::Live(Box::new(member.clone())));
        let decision = booted(&boot, Found { member: found, visitor: Some(Record::Live(Box::new(visitor.clone()))) });
        prop_assert!(decision.link.is_none());
        prop_assert_ne!(decision.owner, Owner::Visitor);
        prop_assert_ne!(&decision.after.id, &visitor.id);
        // Only the linked member keeps the veilId.
        prop_assert_eq!(decision.veil == fresh(), !(claims && own));
    }

    /// R12: only a proven boot comes back after an erasure, and always in the next generation.
    #[test]
    fn boot_revives_an_erased_member_only_if_proven(proven in any::<bool>(), generation in 0..5_u32) {
        let claim = Some(Claim { member_id: MemberId::parse("lee").unwrap(), proven });
        let boot = Boot { claim, ..Boot::default() };
        let tombstone = Tombstone { generation, current: generation, erased_at: NOW, first_erased_at: NOW, erasure: None };
        let found = Found { member: Some(Record::Erased(tombstone)), visitor: None };
        let decision = booted(&boot, found);
        prop_assert_eq!(decision.owner, Owner::New);
        match proven {
            true => {
                prop_assert_eq!(decision.after.generation, generation + 1);
                prop_assert_eq!(decision.after.revived_after, Some(NOW));
            }
            false => {
                prop_assert_eq!(decision.after.member_id, None);
                prop_assert_eq!(decision.veil, fresh());
                prop_assert_eq!(&decision.dropped[0].field, "memberId");
            }
        }
    }
}

#[test]
fn member_has_at_most_40_links() {
    let mut member = customer(0);
    for n in 1..=LINKS {
        member.link(&mut customer(u8::try_from(n).unwrap()), true, NOW).unwrap();
    }
    let mut one_more = customer(200);
    assert_eq!(member.link(&mut one_more, true, NOW).unwrap_err().field, "veilId");
    assert_eq!((member.links.len(), one_more.linked_to), (LINKS, None));
}
