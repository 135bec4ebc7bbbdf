//! A builder's orders (R13): whose an order is, what it counts for, and what is known of it before it comes.

use std::collections::BTreeMap;

use super::customer::{Customer, Field};
use super::{DAY, Found, Model, Named};
use serde_json::{Value, json};

/// Days with a sum of their own.
const YEAR: i64 = 366;
/// How long news of an order wait for the order.
const WAITING: i64 = 30 * DAY;

/// What a member bought: orders and their amount, in all and by day.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Bought {
    all: (i64, i64),
    days: BTreeMap<i64, (i64, i64)>,
}

/// An order of a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    record: usize,
    at: i64,
    total: i64,
    news: News,
}

/// What may come before an order too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct News {
    cancelled_since: Option<i64>,
    refund: Option<i64>,
    stale_since: Option<i64>,
}

#[derive(Debug, Clone)]
pub(crate) enum Place {
    With(Order),
    /// Until when it waits.
    Waiting(News, i64),
}

impl Bought {
    fn change(&mut self, before: Option<(i64, i64)>, after: Option<(i64, i64)>, now: i64) {
        let oldest = now.div_euclid(DAY) - YEAR;
        for (order, by) in [(before, -1), (after, 1)] {
            let Some((at, left)) = order else { continue };
            self.all = (self.all.0 + by, self.all.1 + by * left);
            let day = at.div_euclid(DAY);
            if day >= oldest {
                let sum = self.days.entry(day).or_default();
                *sum = (sum.0 + by, sum.1 + by * left);
            }
        }
        self.days.retain(|day, sum| *day >= oldest && *sum != (0, 0));
        if self.all == (0, 0) {
            self.days.clear();
        }
    }

    /// The figures in the profile.
    pub(crate) fn shown(&self, now: i64) -> Vec<(String, Value)> {
        if self.all == (0, 0) {
            return Vec::new();
        }
        let today = chrono::DateTime::from_timestamp_millis(now).unwrap().date_naive();
        let first = today.checked_sub_months(chrono::Months::new(3)).unwrap();
        let first = (first - chrono::NaiveDate::default()).num_days();
        let recent = self.days.range(first..).fold((0, 0), |sum, (_, day)| (sum.0 + day.0, sum.1 + day.1));
        [
            ("purchaseCurrency", json!("KRW")),
            ("totalPurchaseCount", json!(self.all.0)),
            ("totalPurchaseAmount", json!(self.all.1)),
            ("recentPurchaseCount", json!(recent.0)),
            ("recentPurchaseAmount", json!(recent.1)),
        ]
        .map(|(key, value)| (key.to_owned(), value))
        .into()
    }
}

impl Order {
    /// The time and the amount that it counts for, if it counts.
    fn counts(&self) -> Option<(i64, i64)> {
        let refund = self.news.refund.unwrap_or(0);
        let left = (self.total - refund).max(0);
        let gone =
            self.news.cancelled_since.is_some_and(|since| since >= self.at) || (left == 0 && refund != 0);
        (!gone).then_some((self.at, left))
    }
}

impl Model {
    /// Whether an order lies with a customer who is gone. What becomes of its news then depends on how far the erasure is.
    pub fn order_is_lost(&self, channel: usize, order: u8) -> bool {
        let of = &self.channels[channel];
        matches!(of.orders.get(&order), Some(Place::With(known)) if of.state(known.record, self.now) != Found::Live(known.record))
    }

    /// A builder's order of a member, as of now. Whether the member may have it.
    pub fn order(&mut self, channel: usize, member: &str, order: u8, total: i64) -> bool {
        let named = Named::Member(member.to_owned());
        let record = match self.find(channel, &named) {
            Found::Live(record) => record,
            Found::Erased => return false,
            Found::Unknown => self.begin_member(channel, member, false),
        };
        let now = self.now;
        let known = match self.channels[channel].orders.remove(&order) {
            Some(Place::With(known)) if !self.is_gone(channel, known.record) => Some(known),
            Some(Place::Waiting(news, until)) if now < until => {
                Some(Order { record: usize::MAX, at: now, total, news })
            }
            _ => None,
        };
        let news = known.as_ref().map(|known| known.news.clone()).unwrap_or_default();
        let stale =
            news.stale_since.filter(|_| known.as_ref().is_some_and(|known| known.record == usize::MAX));
        let next = Order { record, at: now, total, news: News { stale_since: None, ..news } };
        // Another customer gives the order up, and is not written for it.
        let before = known.as_ref().filter(|known| known.record == record).and_then(Order::counts);
        if let Some(known) = known.filter(|known| ![record, usize::MAX].contains(&known.record))
            && let Some(former) = &mut self.channels[channel].records[known.record].customer
        {
            former.bought.change(known.counts(), None, now);
        }
        self.change(channel, record, |customer| {
            let at = Field { value: now.into(), verified: false, pages: false };
            customer.profile.insert("lastCheckoutCompletedAt", at);
            customer.bought.change(before, next.counts(), now);
            customer.stale_since = customer.stale_since.max(stale);
        });
        self.channels[channel].orders.insert(order, Place::With(next));
        true
    }

    /// A cancellation by the order's id alone.
    pub fn cancel_order(&mut self, channel: usize, order: u8) {
        let now = self.now;
        self.tell(channel, order, |news| news.cancelled_since = Some(now));
    }

    /// Money that was given back, by the order's id alone. `None` if nobody says how much.
    pub fn refund_order(&mut self, channel: usize, order: u8, amount: Option<i64>) {
        let now = self.now;
        self.tell(channel, order, |news| match amount {
            Some(amount) => news.refund = news.refund.max(Some(amount)),
            None => news.stale_since = Some(now),
        });
    }

    fn is_gone(&self, channel: usize, record: usize) -> bool {
        self.channels[channel].state(record, self.now) != Found::Live(record)
    }

    fn tell(&mut self, channel: usize, order: u8, tell: impl FnOnce(&mut News)) {
        let now = self.now;
        let kept = ((now + WAITING).div_euclid(1000) + 1) * 1000;
        match self.channels[channel].orders.remove(&order) {
            Some(Place::With(mut known)) => {
                let (record, before, was) = (known.record, known.counts(), known.news.clone());
                tell(&mut known.news);
                let stale = known.news.stale_since.take();
                let after = known.counts();
                let news = |customer: &mut Customer| {
                    customer.bought.change(before, after, now);
                    customer.stale_since = customer.stale_since.max(stale);
                };
                if known.news == was {
                    self.change(channel, record, news);
                } else {
                    // The order differs. The customer is written only if it differs too.
                    let customer = self.channels[channel].records[record].customer.clone();
                    let changed = customer.map(|mut customer| {
                        let before = customer.clone();
                        news(&mut customer);
                        (customer != before).then_some(customer)
                    });
                    if let Some(Some(customer)) = changed {
                        self.channels[channel].records[record].customer = Some(customer);
                        self.channels[channel].written(record, now);
                    }
                }
                self.channels[channel].orders.insert(order, Place::With(known));
            }
            other => {
                let (was, until) = match other {
                    Some(Place::Waiting(news, until)) if now < until => (news, until),
                    _ => (News::default(), 0),
                };
                let mut news = was.clone();
                tell(&mut news);
                let until = if news == was { until } else { kept };
                self.channels[channel].orders.insert(order, Place::Waiting(news, until));
            }
        }
    }
}
