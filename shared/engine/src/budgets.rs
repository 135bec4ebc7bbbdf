//! The budgets of an instance (R21), in memory. A check costs no call.
//!
//! `n` instances have `n` budgets. The write maximum of the table stays the limit of all together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use okyaku_domain::budget::{Bucket, Payer, Rate};
use okyaku_domain::error::Error;
use okyaku_domain::time::Millis;

/// The most payers in memory, some 2 MB.
const PAYERS: usize = 20_000;

/// The budgets of an instance. All clones share the same buckets. The default is no budget.
#[derive(Clone, Debug, Default)]
pub struct Budgets(Option<Arc<Buckets>>);

#[derive(Debug)]
struct Buckets {
    session: Rate,
    of: Mutex<HashMap<Payer, Bucket>>,
}

impl Budgets {
    /// Returns the budgets of the template's default.
    #[must_use]
    pub fn standard() -> Self {
        Self::new(Rate::STANDARD)
    }

    /// Returns budgets with full buckets. `session` is the rate of a session.
    #[must_use]
    pub fn new(session: Rate) -> Self {
        Self(Some(Arc::new(Buckets { session, of: Mutex::default() })))
    }

    /// Refuses a request if a payer's bucket is empty.
    ///
    /// # Errors
    /// [`Error::OverBudget`] with the seconds until every payer has a unit again.
    pub fn check(&self, payers: &[Payer], now: Millis) -> Result<(), Error> {
        let Some(buckets) = &self.0 else { return Ok(()) };
        let Ok(of) = buckets.of.lock() else { return Ok(()) };
        let wait = |payer: &Payer| {
            let rate = buckets.session.of(payer);
            of.get(payer).and_then(|bucket| bucket.refilled(rate, now).wait(rate))
        };
        match payers.iter().filter_map(wait).max() {
            Some(retry_after) => Err(Error::OverBudget { retry_after }),
            None => Ok(()),
        }
    }

    /// Takes the cost of a finished request from every payer. `units` are write units.
    pub fn charge(&self, payers: &[Payer], units: f64, now: Millis) {
        let Some(buckets) = &self.0 else { return };
        let Ok(mut of) = buckets.of.lock() else { return };
        if of.len() + payers.len() > PAYERS {
            // A full bucket is the same as none. If all are in use, start again.
            let in_use = |payer: &Payer, bucket: &mut Bucket| {
                let rate = buckets.session.of(payer);
                !bucket.refilled(rate, now).is_full(rate)
            };
            of.retain(in_use);
            if of.len() + payers.len() > PAYERS {
                of.clear();
            }
        }
        for payer in payers {
            let rate = buckets.session.of(payer);
            let bucket = of.entry(payer.clone()).or_insert_with(|| Bucket::full(rate, now));
            *bucket = bucket.refilled(rate, now).minus(units);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::{IpAddr, Ipv4Addr};

    use super::*;

    fn payer(number: u32) -> Payer {
        Payer::Network(IpAddr::V4(Ipv4Addr::from_bits(number)))
    }

    #[test]
    fn memory_is_bounded_and_keeps_those_in_debt_as_long_as_it_can() {
        let budgets = Budgets::new(Rate::new(1.0).unwrap());
        budgets.charge(&[payer(0)], 9_000.0, 0);
        for number in 1..PAYERS as u32 {
            budgets.charge(&[payer(number)], 1.0, 0);
        }
        // A second later the others are full again.
        budgets.charge(&[payer(PAYERS as u32)], 1.0, 1_000);
        assert!(budgets.check(&[payer(0)], 1_000).is_err());
        let held = |budgets: &Budgets| budgets.0.as_ref().unwrap().of.lock().unwrap().len();
        assert_eq!(held(&budgets), 2);
        for number in 0..3 * PAYERS as u32 {
            budgets.charge(&[payer(number)], 9_000.0, 1_000);
            assert!(held(&budgets) <= PAYERS);
        }
    }

    #[test]
    fn no_budget_refuses_nobody() {
        let none = Budgets::default();
        none.charge(&[payer(0)], 1e9, 0);
        assert!(none.check(&[payer(0)], 0).is_ok());
    }
}
