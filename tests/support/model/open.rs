//! The Open API's PUT, PATCH, touch and block (R3, R4, R12).

use super::customer::By;
use super::words::Words;
use super::{Expected, Found, Model, Whom};

impl Model {
    pub fn put(&mut self, channel: usize, whom: &Whom, words: &Words, revive: bool) -> Expected {
        let life = match (self.find(channel, whom), whom) {
            (Found::Live(life), _) => life,
            (Found::Erased, Whom::Member(name)) if revive => self.begin_member(channel, name, true),
            (Found::Erased, _) => return Expected::status(409),
            (Found::Unknown, Whom::Member(_)) if !revive && self.address_was_erased(channel, words) => {
                return Expected::status(409);
            }
            (Found::Unknown, Whom::Member(name)) => self.begin_member(channel, name, false),
            (Found::Unknown, _) => return Expected::status(404),
        };
        self.change(channel, life, |customer| customer.hear(words, By::Server));
        Expected::shows(life)
    }

    pub fn patch(&mut self, channel: usize, whom: &Whom, words: &Words) -> Expected {
        if words.is_empty() {
            return Expected::status(422);
        }
        self.upon(channel, whom, |model, life| {
            model.change(channel, life, |customer| customer.hear(words, By::Server));
        })
    }

    pub fn server_touch(&mut self, channel: usize, whom: &Whom) -> Expected {
        self.upon(channel, whom, |model, life| model.sight(channel, life, false))
    }

    pub fn block(&mut self, channel: usize, whom: &Whom, blocked: bool) -> Expected {
        self.upon(channel, whom, |model, life| {
            model.change(channel, life, |customer| customer.blocked = blocked);
        })
    }

    pub fn get(&self, channel: usize, whom: &Whom) -> Expected {
        match self.find(channel, whom) {
            Found::Live(life) => Expected::shows(life),
            _ => Expected::status(404),
        }
    }

    fn upon(&mut self, channel: usize, whom: &Whom, act: impl FnOnce(&mut Self, usize)) -> Expected {
        match self.find(channel, whom) {
            Found::Live(life) => {
                act(self, life);
                Expected::shows(life)
            }
            Found::Erased => Expected::status(409),
            Found::Unknown => Expected::status(404),
        }
    }
}
