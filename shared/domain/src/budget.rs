//! Budgets (R21): how much one page session and one source network may cost.
//!
//! A budget is a token bucket in write units. The cost of a request is known only afterwards, so a request needs a
//! bucket that is not empty, and may leave the bucket in debt.

use std::net::{IpAddr, Ipv6Addr};

use crate::id::{ChannelId, CustomerId};
use crate::time::Millis;

/// How many sessions one source network may carry at the full rate. A school or an office shares one address.
pub const SESSIONS_OF_A_NETWORK: f64 = 50.0;
/// How many seconds of its rate a bucket holds. A page that was offline may send its queue at once.
pub const SECONDS_OF_A_BUCKET: f64 = 60.0;
/// The price of a read unit, in write units: $0.125 against $0.625 a million.
/// <https://aws.amazon.com/dynamodb/pricing/on-demand/>
pub const READ_UNIT: f64 = 0.2;

/// Who pays for a request.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Payer {
    /// A page's session.
    Session(ChannelId, CustomerId),
    /// The pages of a source network.
    Network(IpAddr),
    /// The requests with a wrong credential from a source network.
    WrongCredentials(IpAddr),
}

impl Payer {
    /// Returns the payer's share of the rate, where a session's is 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        match self {
            Self::Session(..) => 1.0,
            Self::Network(_) | Self::WrongCredentials(_) => SESSIONS_OF_A_NETWORK,
        }
    }
}

/// Returns the network of a source address: an IPv4 address itself, and the first 64 bits of an IPv6 address.
///
/// A household has 2^64 IPv6 addresses. For example, `2001:db8::1` and `2001:db8::2` are of one network.
#[must_use]
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        address => address,
    }
}

/// A rate of write units per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(f64);

impl Rate {
    /// The rate of a session by default: five write units a second, and 300 at once.
    ///
    /// A page that tracks an event a second stays far below. A full batch of 100 small events costs 100.
    pub const STANDARD: Self = Self(5.0);

    /// Returns a rate, if `units` is a number above 0.
    #[must_use]
    pub fn new(units: f64) -> Option<Self> {
        (units.is_finite() && units > 0.0).then_some(Self(units))
    }

    /// Returns the rate of a payer.
    #[must_use]
    pub fn of(self, payer: &Payer) -> Self {
        Self(self.0 * payer.share())
    }

    fn capacity(self) -> f64 {
        self.0 * SECONDS_OF_A_BUCKET
    }
}

/// A token bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// The write units that are left. Below 0 the bucket is in debt.
    units: f64,
    /// The time of the last change, epoch ms.
    at: Millis,
}

impl Bucket {
    /// Returns a full bucket.
    #[must_use]
    pub fn full(rate: Rate, now: Millis) -> Self {
        Self { units: rate.capacity(), at: now }
    }

    /// Adds the units since the last change, up to a full bucket. A clock that goes back adds nothing.
    #[must_use]
    pub fn refilled(self, rate: Rate, now: Millis) -> Self {
        let seconds = (now - self.at).max(0) as f64 / 1000.0;
        let units = (self.units + rate.0 * seconds).min(rate.capacity());
        Self { units, at: self.at.max(now) }
    }

    /// Returns whether the bucket has its whole capacity.
    #[must_use]
    pub fn is_full(self, rate: Rate) -> bool {
        self.units >= rate.capacity()
    }

    /// Returns the seconds after which the bucket has a unit again, at least 1. `None` if it has one now.
    #[must_use]
    pub fn wait(self, rate: Rate) -> Option<u32> {
        let missing = 1.0 - self.units;
        (missing > 0.0).then(|| (missing / rate.0).ceil().clamp(1.0, 3600.0) as u32)
    }

    /// Takes the cost of a request.
    #[must_use]
    pub fn minus(self, units: f64) -> Self {
        Self { units: self.units - units, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_is_empty_after_its_capacity_and_refills() {
        let rate = Rate::new(5.0).unwrap();
        let full = Bucket::full(rate, 0);
        assert_eq!(full.wait(rate), None);
        // One unit is left, and then less than one.
        assert_eq!(full.minus(299.0).wait(rate), None);
        assert_eq!(full.minus(299.5).wait(rate), Some(1));
        // A debt of 100 units takes 20 seconds and the next unit.
        let debt = full.minus(400.0);
        assert_eq!(debt.wait(rate), Some(21));
        assert!(debt.refilled(rate, 20_100).wait(rate).is_some());
        assert_eq!(debt.refilled(rate, 20_200).wait(rate), None);
        assert!(!debt.refilled(rate, 79_999).is_full(rate));
        assert!(debt.refilled(rate, 80_000).is_full(rate));
        // Never more than full, and nothing for a clock that goes back.
        assert_eq!(full.refilled(rate, 1_000_000).minus(299.5).wait(rate), Some(1));
        assert_eq!(debt.refilled(rate, -5_000), debt);
    }

    #[test]
    fn network_is_an_ipv4_address_or_64_bits() {
        let of = |text: &str| network(text.parse().unwrap());
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff:0:0:2"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    }

    #[test]
    fn rate_is_a_number_above_zero() {
        assert!([0.0, -1.0, f64::NAN, f64::INFINITY].iter().all(|units| Rate::new(*units).is_none()));
    }
}
