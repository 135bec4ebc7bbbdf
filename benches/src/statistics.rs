//! Latencies and medians.

use std::time::Duration;

/// Every latency that was measured, in µs.
#[derive(Clone, Debug, Default)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Notes one.
    pub fn note(&mut self, latency: Duration) {
        self.0.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    /// Takes over those of another.
    pub fn join(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The latency in ms that `shares` of all, each from 0 to 1, do not pass.
    #[must_use]
    pub fn percentiles<const N: usize>(&mut self, shares: [f64; N]) -> [f64; N] {
        self.0.sort_unstable();
        shares.map(|share| {
            let at = (share * self.0.len() as f64).ceil() as usize;
            self.0.get(at.max(1) - 1).map_or(0.0, |micros| f64::from(*micros) / 1000.0)
        })
    }
}

/// The median of some durations, in ms.
#[must_use]
pub fn median(durations: impl IntoIterator<Item = Duration>) -> f64 {
    let mut all: Vec<Duration> = durations.into_iter().collect();
    all.sort_unstable();
    all.get(all.len() / 2).map_or(0.0, |middle| middle.as_secs_f64() * 1000.0)
}

/// A small random sequence that a seed repeats (SplitMix64): what is drawn decides only who does what next.
#[derive(Clone, Debug)]
pub struct Draw(pub u64);

impl Draw {
    /// A number below `bound`.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % bound.max(1)
    }
}
