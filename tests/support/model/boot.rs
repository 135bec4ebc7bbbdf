//! Whose boot it is, whom it links, and what a session may do afterwards (R1, R6, R7, R11, R12).

use super::customer::{By, Customer};
use super::words::Words;
use super::{DAY, Expected, Found, Model, Who};

/// What a page's boot says.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The memberId, and whether its hash is right.
    pub member: Option<(String, bool)>,
    /// The veilId, if it is well formed.
    pub veil: Option<String>,
    pub app: bool,
    pub words: Words,
}

/// A session, as a page holds it.
#[derive(Debug, Clone)]
pub struct Session {
    pub life: usize,
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
            Some((_, Some((life, Found::Live(_))))) => {
                let customer = self.channels[channel].lives[life].customer.as_ref();
                (Some(life), customer.and_then(|customer| customer.linked_to), false)
            }
            Some((_, Some((_, Found::Erased)))) => (None, None, true),
            _ => (None, None, false),
        };
        let (life, fresh_veil) = match &arrival.member {
            Some((name, _)) => {
                let life = self.proven_member(channel, name);
                let others = linked_to.is_some_and(|member| member != life);
                let fresh = arrival.veil.is_none() || erased || others;
                if let (Some(visitor), None) = (known, linked_to) {
                    self.link(channel, life, visitor);
                }
                (life, fresh)
            }
            None => {
                let fresh = arrival.veil.is_none() || erased || linked_to.is_some();
                (self.anonymous(channel, arrival.veil.as_deref().filter(|_| !fresh)), fresh)
            }
        };
        let by = By::Boot { member: arrival.member.is_some() };
        self.arrive(channel, life, arrival, by);
        Expected { fresh_veil, ..Expected::shows(life) }
    }

    /// The member's life; a new one if it was erased, as it is proven.
    pub(crate) fn proven_member(&mut self, channel: usize, name: &str) -> usize {
        let whom = super::Whom::Member(name.to_owned());
        match self.named(channel, &whom) {
            Found::Live(life) => life,
            found => self.begin_member(channel, name, found == Found::Erased),
        }
    }

    /// A member's first life, or the next after an erasure.
    pub(crate) fn begin_member(&mut self, channel: usize, name: &str, revived: bool) -> usize {
        let now = self.now;
        let channel = &mut self.channels[channel];
        let before = channel.members.get(name).cloned().unwrap_or_default();
        let life = channel.add(Who::Member(name.to_owned()));
        channel.lives[life].customer = Some(Customer::new(now));
        if revived {
            channel.lives[life].not_before =
                before.last().and_then(|old| channel.lives[*old].erased).map(|e| e.0);
            // While a later life is there, the first tombstone stays: it names the generation.
            if let Some(first) = before.first()
                && let Some((_, until)) = &mut channel.lives[*first].erased
            {
                *until = i64::MAX;
            }
        } else if let Some(first) = before.first() {
            // All that remembered it is gone: it is the first generation again, under the first id.
            let id = channel.lives[*first].id.take();
            channel.lives[life].id = id;
            for old in &before {
                channel.lives[*old].id = None;
            }
            channel.members.insert(name.to_owned(), Vec::new());
        }
        channel.members.entry(name.to_owned()).or_default().push(life);
        channel.actives.insert((super::month(now), life), now);
        life
    }

    /// The visitor with this veilId; `None` is one whose veilId is yet to be minted.
    fn anonymous(&mut self, channel: usize, veil: Option<&str>) -> usize {
        let now = self.now;
        let state = veil.and_then(|veil| self.visitor(channel, veil));
        let channel = &mut self.channels[channel];
        let life = match state {
            Some((life, Found::Live(_))) => return life,
            // Expired: met at the same id, and empty.
            Some((life, _)) => {
                channel.lives[life].erased = None;
                life
            }
            None => {
                let life = channel.add(Who::Visitor(veil.map(str::to_owned)));
                if let Some(veil) = veil {
                    channel.visitors.insert(veil.to_owned(), life);
                }
                life
            }
        };
        channel.lives[life].customer = Some(Customer::new(now));
        channel.actives.insert((super::month(now), life), now);
        life
    }

    fn link(&mut self, channel: usize, member: usize, visitor: usize) {
        let now = self.now;
        let channel = &mut self.channels[channel];
        let full = channel.lives[member].customer.as_ref().is_some_and(|c| c.links.len() >= LINKS);
        if full {
            return;
        }
        if let Some(customer) = &mut channel.lives[visitor].customer {
            customer.linked_to = Some(member);
        }
        if let Some(customer) = &mut channel.lives[member].customer {
            customer.links.push(visitor);
        }
        channel.written(member, now);
    }

    fn arrive(&mut self, channel: usize, life: usize, arrival: &Arrival, by: By) {
        let now = self.now;
        let channel = &mut self.channels[channel];
        let Some(customer) = &mut channel.lives[life].customer else { return };
        let before = customer.clone();
        customer.hear(&arrival.words, by);
        customer.app |= arrival.app;
        let news = *customer != before;
        if customer.sight(arrival.app, now) || news {
            channel.written(life, now);
        }
    }

    /// Whose a session is; or why it may not read or write.
    pub(crate) fn holder(&self, channel: usize, session: &Session) -> Result<usize, u16> {
        if self.now - session.since > DAY {
            return Err(401);
        }
        let channel = &self.channels[channel];
        match channel.state(session.life, self.now) {
            Found::Erased => Err(409),
            Found::Unknown => Err(401),
            Found::Live(life) => match &channel.lives[life].customer {
                Some(customer) if customer.linked_to.is_some() => Err(401),
                _ => Ok(life),
            },
        }
    }

    /// A page's touch.
    pub fn touch(&mut self, channel: usize, session: &Session) -> Expected {
        match self.holder(channel, session) {
            Err(status) => Expected::status(status),
            Ok(life) => {
                self.sight(channel, life, session.app);
                Expected::shows(life)
            }
        }
    }

    pub(crate) fn sight(&mut self, channel: usize, life: usize, app: bool) {
        let now = self.now;
        let channel = &mut self.channels[channel];
        if channel.lives[life].customer.as_mut().is_some_and(|customer| customer.sight(app, now)) {
            channel.written(life, now);
        }
    }

    /// `updateUser` of a page.
    pub fn update_me(&mut self, channel: usize, session: &Session, words: &Words) -> Expected {
        match self.holder(channel, session) {
            // The body is read before the customer.
            _ if words.is_empty() && self.now - session.since <= DAY => Expected::status(422),
            Err(status) => Expected::status(status),
            Ok(life) => {
                self.change(channel, life, |customer| customer.hear(words, By::Page));
                Expected::shows(life)
            }
        }
    }

    /// A page adds or removes tags.
    pub fn tag_me(&mut self, channel: usize, session: &Session, bits: u8, add: bool) -> Expected {
        match self.holder(channel, session) {
            Err(status) => Expected::status(status),
            Ok(life) => {
                self.change(channel, life, |customer| {
                    if add { customer.add_tags(bits) } else { customer.remove_tags(bits) }
                });
                Expected::shows(life)
            }
        }
    }

    /// Changes a customer; it is written if anything is different, or if the month has not seen it.
    pub(crate) fn change(&mut self, channel: usize, life: usize, change: impl FnOnce(&mut Customer)) {
        let now = self.now;
        let channel = &mut self.channels[channel];
        let Some(customer) = &mut channel.lives[life].customer else { return };
        let before = customer.clone();
        change(customer);
        if *customer != before || super::month(customer.updated_at) != super::month(now) {
            channel.written(life, now);
        }
    }
}
