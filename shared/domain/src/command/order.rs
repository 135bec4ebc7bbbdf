//! Orders of customers (R13): an order, news of an order, and an order that moves to another customer.

use crate::builder_update::{Order, OrderNews};
use crate::customer::Customer;
use crate::id::CustomerId;
use crate::order::{OrderWithoutCustomer, StoredOrder};
use crate::rejection::Rejection;
use crate::time::Millis;

/// The stored data about an order that is free, or in the customer's own record.
#[derive(Clone, Copy, Debug)]
pub enum Known<'a> {
    /// Nothing.
    Nothing,
    /// News that arrived before the order, or what stayed of an order that lost its customer.
    Without(&'a OrderWithoutCustomer),
    /// The order, in this customer's record.
    Own(&'a StoredOrder),
}

/// A customer named by an update of an order.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The customer.
    pub customer: CustomerId,
    /// The time of the update, epoch ms.
    pub since: Millis,
}

/// What became of an order.
#[derive(Debug, PartialEq)]
pub enum OrderOutcome {
    /// The owner keeps the order.
    Kept(StoredOrder),
    /// The order moves to the claimant.
    Moved(StoredOrder),
    /// The order is nobody's any more.
    Freed(OrderWithoutCustomer),
}

/// Decides an order of `customer` and updates the customer's sums.
///
/// Returns the order to store, or `None` if the stored order stays unchanged.
///
/// # Errors
/// A rejection if the order belongs to an erased record.
pub fn decide(
    customer: &mut Customer,
    given: &Order,
    known: Known<'_>,
    now: Millis,
) -> Result<Option<StoredOrder>, Rejection> {
    // An order from before the revival belongs to the erased record.
    if customer.precedes_record(given.at) {
        return Err(Rejection::erased());
    }
    // Merge the order with the stored order, or with the news that arrived first.
    let mut order = StoredOrder::of(given);
    let before = match known {
        Known::Own(stored) => {
            let mut merged = stored.clone();
            merged.merge(&order);
            order = merged;
            Some(stored)
        }
        Known::Without(waiting) => {
            order.take(waiting);
            customer.stale_since = customer.stale_since.max(waiting.stale_since);
            None
        }
        Known::Nothing => None,
    };
    if before == Some(&order) {
        return Ok(None);
    }
    customer.purchases.change(before, Some(&order), now);
    Ok(Some(order))
}

/// Decides news of an order that `owner` has, and updates the sums of the owner and of the claimant.
///
/// - The latest update that names a customer decides whose the order is. At the same time, a customer beats nobody, and
///   the larger id beats the smaller one, so that the order of arrival makes no difference.
/// - An earlier update changes only what every version of an order adds to, such as refunds.
///
/// # Errors
/// A rejection if the order is from before the claimant's record.
pub fn decide_news(
    (owner, stored): (&mut Customer, &StoredOrder),
    news: Option<&OrderNews>,
    claim: Option<(&Claim, &mut Customer)>,
    now: Millis,
) -> Result<OrderOutcome, Rejection> {
    let mut order = stored.clone();
    if let Some(news) = news {
        order.apply(news);
        // The builder does not say how much was given back.
        if let OrderNews::Refund { amount: None, at, .. } = news {
            owner.stale_since = owner.stale_since.max(Some(*at));
        }
    }
    let owned = (stored.owned_since(), &owner.id);
    if let Some((claim, claimant)) = claim {
        if claim.customer == owner.id {
            order.owned_since = Some(stored.owned_since().max(claim.since));
        } else if (claim.since, &claim.customer) > owned {
            if claimant.precedes_record(stored.at) {
                return Err(Rejection::erased());
            }
            order.owned_since = Some(claim.since);
            owner.purchases.change(Some(stored), None, now);
            claimant.purchases.change(None, Some(&order), now);
            claimant.profile.checked_out(order.at);
            return Ok(OrderOutcome::Moved(order));
        }
    }
    if let Some(OrderNews::Version { order: given, unowned: true }) = news
        && given.version > stored.owned_since()
    {
        owner.purchases.change(Some(stored), None, now);
        return Ok(OrderOutcome::Freed(OrderWithoutCustomer::of(&order, given.version)));
    }
    owner.purchases.change(Some(stored), Some(&order), now);
    Ok(OrderOutcome::Kept(order))
}

/// Returns whether an update of the time `since` may give a free order to a customer.
#[must_use]
pub fn may_own(waiting: &OrderWithoutCustomer, since: Millis) -> bool {
    waiting.unowned_since.is_none_or(|unowned| since >= unowned)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;
    use rust_decimal::Decimal;

    use super::*;
    use crate::limit::REFUNDS;

    const NOW: Millis = 1_795_348_800_000;

    fn order(version: Millis, total: u32) -> Order {
        Order {
            id: "5501".into(),
            at: NOW - 1000,
            version: NOW - 1000 + version,
            currency: "KRW".into(),
            total: total.into(),
            cancelled: false,
            refunds: BTreeMap::new(),
        }
    }

    /// An update of the order: named customer, free or untold, or news.
    #[derive(Clone, Debug)]
    enum Told {
        Of(u8, Order),
        News(OrderNews),
    }

    /// Two customers and the order: a model of the table.
    #[derive(Clone, Debug, PartialEq)]
    struct World {
        people: [Customer; 2],
        owned: Option<(usize, StoredOrder)>,
        free: Option<OrderWithoutCustomer>,
    }

    impl World {
        fn new() -> Self {
            let person = |n| Customer::new(CustomerId::from_bytes([n; 10]), 0, 0);
            Self { people: [person(1), person(2)], owned: None, free: None }
        }

        fn take(&mut self, told: &Told) {
            let (claim, given, news) = match told {
                Told::Of(whose, order) => {
                    let customer = self.people[usize::from(*whose)].id.clone();
                    let news = OrderNews::Version { order: order.clone(), unowned: false };
                    (Some(Claim { customer, since: order.version }), Some(order), news)
                }
                Told::News(news) => (None, None, news.clone()),
            };
            let at = claim.as_ref().map(|claim| usize::from(claim.customer == self.people[1].id));
            if let Some((owner, stored)) = self.owned.take() {
                let [mut a, mut b] = self.people.clone();
                let (mine, other) = if owner == 0 { (&mut a, &mut b) } else { (&mut b, &mut a) };
                let mut claimant = if at == Some(owner) { mine.clone() } else { other.clone() };
                let outcome = decide_news(
                    (mine, &stored),
                    Some(&news),
                    claim.as_ref().map(|c| (c, &mut claimant)),
                    NOW,
                )
                .unwrap();
                match outcome {
                    OrderOutcome::Kept(order) => self.owned = Some((owner, order)),
                    OrderOutcome::Moved(order) => {
                        *other = claimant;
                        self.owned = Some((1 - owner, order));
                    }
                    OrderOutcome::Freed(rest) => self.free = Some(rest),
                }
                self.people = [a, b];
            } else if let (Some(at), Some(given)) = (at, given)
                && self.free.as_ref().is_none_or(|free| may_own(free, given.version))
            {
                let free = self.free.take();
                let known = free.as_ref().map_or(Known::Nothing, Known::Without);
                let order = decide(&mut self.people[at], given, known, NOW).unwrap();
                self.people[at].profile.checked_out(given.at);
                self.owned = order.map(|order| (at, order));
            } else {
                self.free.get_or_insert_default().apply(&news);
            }
        }
    }

    fn told() -> impl Strategy<Value = Told> {
        let refunds = prop::collection::btree_map("[ab]", (0..3_u32).prop_map(Decimal::from), 0..2);
        let version =
            (0..5_i64, 1..4_u32, any::<bool>(), refunds).prop_map(|(version, total, cancelled, refunds)| {
                Order { cancelled, refunds, ..order(version, total) }
            });
        prop_oneof![
            3 => (0..2_u8, version.clone()).prop_map(|(whose, order)| Told::Of(whose, order)),
            2 => (version, any::<bool>()).prop_map(|(order, unowned)| Told::News(OrderNews::Version { order, unowned })),
            1 => (0..5_i64).prop_map(|at| Told::News(OrderNews::Cancelled { at: NOW - 1000 + at })),
            1 => ("[ab]", prop::option::of(0..3_u32)).prop_map(|(refund, amount)| {
                Told::News(OrderNews::Refund { refund, amount: amount.map(Decimal::from), at: NOW })
            }),
        ]
    }

    /// What must not depend on the order of arrival: whose the order is, and the sums.
    fn end(told: &[Told]) -> (Option<usize>, [String; 2]) {
        let mut world = World::new();
        told.iter().for_each(|told| world.take(told));
        let sums = world.people.map(|person| format!("{:?}", person.purchases.fields(3, NOW)));
        (world.owned.map(|(owner, _)| owner), sums)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn order_ends_with_the_same_customer_and_sum_in_any_order(
            told in prop::collection::vec(told(), 1..6),
            seed in any::<u64>(),
        ) {
            // A version without a customer's name brings the total only to a known order, so all updates are told twice.
            let straight = [told.clone(), told.clone()].concat();
            let mut other = told.clone();
            other.reverse();
            other.rotate_left(seed as usize % told.len());
            let other = [other.clone(), other].concat();
            prop_assert_eq!(end(&straight), end(&other));
        }
    }

    #[test]
    fn order_keeps_at_most_200_refunds() {
        for (told, kept) in [(REFUNDS, 200), (REFUNDS + 1, 200)] {
            let refunds: BTreeMap<_, _> = (0..told).map(|n| (format!("r{n:03}"), Decimal::ONE)).collect();
            let given = Order { refunds, ..order(1, 500) };
            assert_eq!(StoredOrder::of(&given).refunds.len(), kept);
            let mut stored = StoredOrder::of(&order(0, 500));
            stored.apply(&OrderNews::Version { order: given.clone(), unowned: false });
            assert_eq!(stored.refunds.len(), kept);
            let mut free = OrderWithoutCustomer::default();
            free.apply(&OrderNews::Version { order: given, unowned: true });
            assert_eq!(free.refunds.len(), kept);
        }
    }

    #[test]
    fn refund_of_an_unknown_amount_makes_stale_and_changes_no_sum() {
        let [mut lee, _] = World::new().people;
        let stored = decide(&mut lee, &order(1, 500), Known::Nothing, NOW).unwrap().unwrap();
        let news = OrderNews::Refund { refund: "r".into(), amount: None, at: NOW };
        let before = lee.purchases.clone();
        let outcome = decide_news((&mut lee, &stored), Some(&news), None, NOW).unwrap();
        assert_eq!(
            (outcome, lee.purchases, lee.stale_since),
            (OrderOutcome::Kept(stored), before, Some(NOW))
        );
    }
}
