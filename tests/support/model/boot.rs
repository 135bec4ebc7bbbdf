//! Whose boot it is, whom it links, and what a session may do afterwards (R1, R6, R7, R11, R12).

use super::customer::{Customer, Sender};
use super::writes::Writes;
use super::{DAY, Expected, Found, Model, RecordKind};

/// What a page's boot says.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The memberId, and whether its hash is right.
    pub member: Option<(String, bool)>,
    /// The veilId, if it is well formed.
    pub veil: Option<String>,
    pub app: bool,
    pub writes: Writes,
}

/// A session, as a page holds it.
#[derive(Debug, Clone)]
pub struct Session {
    pub record: usize,
    /// Which of the channel's plugin keys it came from.
    pub key: usize,
    pub since: i64,
    pub app: bool,
}

const LINKS: usize = 40;

impl Model {
    /// A boot in a channel that asks for the member hash.
    pub fn boot(&mut self, channel: usize, arrival: &Arrival) -> Expected {
        if matches!(arrival.member, Some((_, false))) {
            return Expected::status(401);
        }
        let met = arrival.veil.as_ref().map(|veil| (veil, self.visitor(channel, veil)));
        // Who brings the veilId: nobody yet, somebody unlinked, somebody linked, somebody erased.
        let (known, linked_to, erased) = match met {
            Some((_, Some((record, Found::Live(_))))) => {
                let customer = self.channels[channel].records[record].customer.as_ref();
                (Some(record), customer.and_then(|customer| customer.linked_to), false)
            }
            Some((_, Some((_, Found::Erased)))) => (None, None, true),
            _ => (None, None, false),
        };
        // The shop's block ends the pages of the record that the boot is for.
        let meant = match &arrival.member {
            Some((name, _)) => match self.named(channel, &super::Named::Member(name.to_owned())) {
                Found::Live(record) => Some(record),
                _ => None,
            },
            None => known.filter(|_| linked_to.is_none()),
        };
        if meant.is_some_and(|record| self.is_blocked(channel, record)) {
            return Expected::status(403);
        }
        let (record, fresh_veil) = match &arrival.member {
            Some((name, _)) => {
                let record = self.proven_member(channel, name);
                let others = linked_to.is_some_and(|member| member != record);
                let fresh = arrival.veil.is_none() || erased || others;
                if let (Some(visitor), None) = (known, linked_to) {
                    self.link(channel, record, visitor);
                }
                (record, fresh)
            }
            None => {
                let fresh = arrival.veil.is_none() || erased || linked_to.is_some();
                (self.anonymous(channel, arrival.veil.as_deref().filter(|_| !fresh)), fresh)
            }
        };
        let by = Sender::Boot { member: arrival.member.is_some() };
        self.arrive(channel, record, arrival, by);
        Expected { fresh_veil, ..Expected::shows(record) }
    }

    pub(crate) fn is_blocked(&self, channel: usize, record: usize) -> bool {
        self.channels[channel].records[record].customer.as_ref().is_some_and(|customer| customer.blocked)
    }

    /// The member's life; a new one if it was erased, as it is proven.
    pub(crate) fn proven_member(&mut self, channel: usize, name: &str) -> usize {
        let target = super::Named::Member(name.to_owned());
        match self.named(channel, &target) {
            Found::Live(record) => record,
            found => self.begin_member(channel, name, found == Found::Erased),
        }
    }

    /// A member's first life, or the next after an erasure.
    pub(crate) fn begin_member(&mut self, channel: usize, name: &str, revived: bool) -> usize {
        let now = self.now;
        let channel = &mut self.channels[channel];
        let before = channel.members.get(name).cloned().unwrap_or_default();
        let record = channel.add(RecordKind::Member(name.to_owned()));
        channel.records[record].customer = Some(Customer::new(now));
        if revived {
            channel.records[record].not_before =
                before.last().and_then(|old| channel.records[*old].erased).map(|e| e.0);
            // While a later life is there, the first tombstone stays: it names the generation.
            if let Some(first) = before.first()
                && let Some((_, until)) = &mut channel.records[*first].erased
            {
                *until = i64::MAX;
            }
        } else if let Some(first) = before.first() {
            // All that remembered it is gone: it is the first generation again, under the first id.
            let id = channel.records[*first].id.take();
            channel.records[record].id = id;
            for old in &before {
                channel.records[*old].id = None;
            }
            channel.members.insert(name.to_owned(), Vec::new());
        }
        channel.members.entry(name.to_owned()).or_default().push(record);
        channel.actives.insert((super::month(now), record), now);
        record
    }

    /// The visitor with this veilId; `None` is one whose veilId is yet to be minted.
    fn anonymous(&mut self, channel: usize, veil: Option<&str>) -> usize {
        let now = self.now;
        let state = veil.and_then(|veil| self.visitor(channel, veil));
        let channel = &mut self.channels[channel];
        let record = match state {
            Some((record, Found::Live(_))) => return record,
            // Expired: met at the same id, and empty.
            Some((record, _)) => {
                channel.records[record].erased = None;
                record
            }
            None => {
                let record = channel.add(RecordKind::Visitor(veil.map(str::to_owned)));
                if let Some(veil) = veil {
                    channel.visitors.insert(veil.to_owned(), record);
                }
                record
            }
        };
        channel.records[record].customer = Some(Customer::new(now));
        channel.actives.insert((super::month(now), record), now);
        record
    }

    fn link(&mut self, channel: usize, member: usize, visitor: usize) {
        let now = self.now;
        let channel = &mut self.channels[channel];
        let full = channel.records[member].customer.as_ref().is_some_and(|c| c.links.len() >= LINKS);
        if full {
            return;
        }
        if let Some(customer) = &mut channel.records[visitor].customer {
            customer.linked_to = Some(member);
            customer.linked_at = Some(now);
        }
        if let Some(customer) = &mut channel.records[member].customer {
            customer.links.push(visitor);
        }
        channel.written(member, now);
    }

    fn arrive(&mut self, channel: usize, record: usize, arrival: &Arrival, by: Sender) {
        let now = self.now;
        let channel = &mut self.channels[channel];
        let Some(customer) = &mut channel.records[record].customer else { return };
        let before = customer.clone();
        customer.apply(&arrival.writes, by);
        customer.app |= arrival.app;
        let news = *customer != before;
        if customer.sight(arrival.app, now) || news {
            channel.written(record, now);
        }
    }

    /// Whose a session is; or why it may not read or write.
    pub(crate) fn registrant(&self, channel: usize, session: &Session) -> Result<usize, u16> {
        if self.now - session.since > DAY || self.has_ended(channel, session) {
            return Err(401);
        }
        let channel = &self.channels[channel];
        match channel.state(session.record, self.now) {
            Found::Erased => Err(409),
            Found::Unknown => Err(401),
            Found::Live(record) => match &channel.records[record].customer {
                Some(customer) if customer.linked_to.is_some() => Err(401),
                Some(customer) if customer.blocked => Err(403),
                _ => Ok(record),
            },
        }
    }

    /// A session ends with the plugin key that it came from.
    pub(crate) fn has_ended(&self, channel: usize, session: &Session) -> bool {
        session.key != self.channels[channel].rotations
    }

    /// A page's touch.
    pub fn touch(&mut self, channel: usize, session: &Session) -> Expected {
        match self.registrant(channel, session) {
            Err(status) => Expected::status(status),
            Ok(record) => {
                self.sight(channel, record, session.app);
                Expected::shows(record)
            }
        }
    }

    pub(crate) fn sight(&mut self, channel: usize, record: usize, app: bool) {
        let now = self.now;
        let channel = &mut self.channels[channel];
        if channel.records[record].customer.as_mut().is_some_and(|customer| customer.sight(app, now)) {
            channel.written(record, now);
        }
    }

    /// `updateUser` of a page.
    pub fn update_me(&mut self, channel: usize, session: &Session, writes: &Writes) -> Expected {
        match self.registrant(channel, session) {
            // The body is read before the customer.
            Err(status) => Expected::status(status),
            Ok(record) => {
                self.change(channel, record, |customer| customer.apply(writes, Sender::Page));
                Expected::shows(record)
            }
        }
    }

    /// A page adds or removes tags.
    pub fn tag_me(&mut self, channel: usize, session: &Session, bits: u8, add: bool) -> Expected {
        match self.registrant(channel, session) {
            Err(status) => Expected::status(status),
            Ok(record) => {
                self.change(channel, record, |customer| {
                    if add { customer.add_tags(bits) } else { customer.remove_tags(bits) }
                });
                Expected::shows(record)
            }
        }
    }

    /// Changes a customer; it is written if anything is different, or if the month has not seen it.
    pub(crate) fn change(&mut self, channel: usize, record: usize, change: impl FnOnce(&mut Customer)) {
        let now = self.now;
        let channel = &mut self.channels[channel];
        let Some(customer) = &mut channel.records[record].customer else { return };
        let before = customer.clone();
        change(customer);
        if *customer != before || super::month(customer.updated_at) != super::month(now) {
            channel.written(record, now);
        }
    }
}
