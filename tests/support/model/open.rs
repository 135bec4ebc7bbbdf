//! The Open API's PUT, PATCH, touch and block (R3, R4, R12).

use super::customer::Sender;
use super::writes::Writes;
use super::{Expected, Found, Model, Named};

impl Model {
    pub fn put(&mut self, channel: usize, target: &Named, writes: &Writes, revive: bool) -> Expected {
        let record = match (self.find(channel, target), target) {
            (Found::Live(record), _) => record,
            (Found::Erased, Named::Member(name)) if revive => self.begin_member(channel, name, true),
            (Found::Erased, _) => return Expected::status(409),
            (Found::Unknown, Named::Member(_)) if !revive && self.address_was_erased(channel, writes) => {
                return Expected::status(409);
            }
            (Found::Unknown, Named::Member(name)) => self.begin_member(channel, name, false),
            (Found::Unknown, _) => return Expected::status(404),
        };
        self.change(channel, record, |customer| customer.apply(writes, Sender::Server));
        Expected::shows(record)
    }

    pub fn patch(&mut self, channel: usize, target: &Named, writes: &Writes) -> Expected {
        if writes.is_empty() {
            return Expected::status(422);
        }
        self.upon(channel, target, |model, record| {
            model.change(channel, record, |customer| customer.apply(writes, Sender::Server));
        })
    }

    pub fn server_touch(&mut self, channel: usize, target: &Named) -> Expected {
        self.upon(channel, target, |model, record| model.sight(channel, record, false))
    }

    pub fn block(&mut self, channel: usize, target: &Named, blocked: bool) -> Expected {
        self.upon(channel, target, |model, record| {
            model.change(channel, record, |customer| customer.blocked = blocked);
        })
    }

    pub fn get(&self, channel: usize, target: &Named) -> Expected {
        match self.find(channel, target) {
            Found::Live(record) => Expected::shows(record),
            _ => Expected::status(404),
        }
    }

    fn upon(&mut self, channel: usize, target: &Named, act: impl FnOnce(&mut Self, usize)) -> Expected {
        match self.find(channel, target) {
            Found::Live(record) => {
                act(self, record);
                Expected::shows(record)
            }
            Found::Erased => Expected::status(409),
            Found::Unknown => Expected::status(404),
        }
    }
}
