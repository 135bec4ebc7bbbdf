//! What must be true of the whole table, whatever went wrong on the way.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use okyaku_domain::contact_point::{ContactPoint, ContactPointKind};
use okyaku_domain::id::{ChannelId, CustomerId};
use okyaku_domain::order::StoredOrder;
use okyaku_domain::purchase::Purchases;
use okyaku_domain::sender::Sender;
use okyaku_domain::time::month;
use serde_json::Value;

use crate::fault::scene::VEILS;
use crate::fault::world::World;
use crate::stored::named;

/// A text attribute.
pub fn s<'a>(item: &'a Value, name: &str) -> &'a str {
    item[name]["S"].as_str().unwrap_or_default()
}

/// A number attribute.
pub fn n(item: &Value, name: &str) -> i64 {
    item[name]["N"].as_str().and_then(|n| n.parse().ok()).unwrap_or(0)
}

/// A set of texts.
fn set(item: &Value, name: &str) -> BTreeSet<String> {
    let all = item[name]["SS"].as_array().into_iter().flatten();
    all.filter_map(|one| one.as_str().map(str::to_owned)).collect()
}

/// An attribute as plain JSON.
fn plain(attribute: &Value) -> Value {
    let Some((kind, value)) = attribute.as_object().and_then(|one| one.iter().next()) else {
        return Value::Null;
    };
    match (kind.as_str(), value) {
        ("M", Value::Object(map)) => map.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
        ("L", Value::Array(list)) => list.iter().map(plain).collect(),
        ("N", Value::String(number)) => serde_json::from_str(number).unwrap(),
        (_, value) => value.clone(),
    }
}

/// The table, read into its parts.
pub struct Truth {
    pub items: Vec<Value>,
    /// Who lives, by id.
    pub alive: BTreeMap<String, Value>,
    /// Tombstones, by id.
    pub erased: BTreeMap<String, Value>,
    /// Where each item is, by its key.
    places: HashMap<(String, String), usize>,
    channel: ChannelId,
    keys: okyaku_store::keyring::Keys,
    now: i64,
    /// Whom a marker's name stands for, of the months that have markers.
    names: BTreeMap<String, String>,
}

impl Truth {
    pub fn of(world: &World) -> Self {
        let items: Vec<Value> = world.items().iter().map(named).collect();
        let (mut alive, mut erased, mut channel) =
            (BTreeMap::new(), BTreeMap::new(), ChannelId::from_bytes([0; 10]));
        for item in &items {
            if s(item, "pk") == "CH" {
                channel = ChannelId::parse(s(item, "sk")).unwrap();
            }
            let Some(id) = customer(item) else { continue };
            let to = if item["erasedAt"].is_null() { &mut alive } else { &mut erased };
            to.insert(id.to_owned(), item.clone());
        }
        let keys = world.shop.base.backend.keys.clone();
        let marked = items.iter().filter_map(|item| s(item, "pk").strip_prefix("M#")?.split('#').nth(1));
        let months: BTreeSet<&str> = marked.collect();
        let mut names = BTreeMap::new();
        for id in alive.keys().chain(erased.keys()) {
            let parsed = CustomerId::parse(id).unwrap();
            names.extend(months.iter().map(|month| (keys.active(&channel, month, &parsed), id.clone())));
        }
        let key = |item: &Value| (s(item, "pk").to_owned(), s(item, "sk").to_owned());
        let places = items.iter().enumerate().map(|(place, item)| (key(item), place)).collect();
        Self { items, places, alive, erased, channel, keys, now: world.shop.clock.now_ms(), names }
    }

    /// What is wrong. `settled`: everything was repeated and swept, so that nothing may be under way any more.
    pub fn faults(&self, settled: bool) -> Vec<String> {
        let mut faults = Vec::new();
        self.contacts(&mut faults);
        self.links(&mut faults);
        self.markers(&mut faults);
        self.leads(&mut faults);
        self.orders(&mut faults);
        if settled {
            self.remains(&mut faults);
        }
        faults
    }

    /// Every contact's holder lives and names it, and everybody who names one is its holder.
    fn contacts(&self, faults: &mut Vec<String>) {
        for (id, item) in &self.alive {
            let profile: Value = serde_json::from_str(s(item, "profile")).unwrap_or_default();
            for (letter, key) in [("e", "email"), ("m", "mobileNumber")] {
                let registration = &item["registrations"]["M"][letter]["M"];
                let address = profile[key][0].as_str();
                let kind = ContactPointKind::of_key(key).unwrap();
                let hash = address.map(|address| {
                    self.keys
                        .contact_point(&self.channel, &ContactPoint { kind, address: address.to_owned() })
                });
                if hash.as_deref() != registration["h"]["S"].as_str() {
                    faults.push(format!("{id}: profile.{key} and its holding differ: {item}"));
                }
                let Some(hash) = hash else { continue };
                let pk = format!("A#{}#{letter}#{hash}", self.channel);
                if registration["o"]["BOOL"] == true {
                    let start = if registration["v"]["BOOL"] == true { "H" } else { "U" };
                    let sk = format!("{start}#{id}");
                    let found = self.item(&pk, &sk).filter(|item| item["released"].is_null());
                    if found.is_none() {
                        faults.push(format!("{id} holds {key} apart, but its item is not there"));
                    }
                    continue;
                }
                let contact_point = self.item(&pk, "A");
                let has =
                    |name| contact_point.is_some_and(|contact_point| set(contact_point, name).contains(id));
                if !has("registered") || has("verified") != (registration["v"]["BOOL"] == true) {
                    faults.push(format!("{id} holds {key}, but the contact says {contact_point:?}"));
                }
            }
        }
        for item in self.items.iter().filter(|item| s(item, "pk").starts_with("A#")) {
            let (pk, sk) = (s(item, "pk"), s(item, "sk"));
            let mut parts = pk.split('#').skip(2);
            let (letter, hash) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            let overflow = sk.strip_prefix("H#").or_else(|| sk.strip_prefix("U#"));
            let overflow = overflow.filter(|_| item["released"].is_null());
            let listed = if sk == "A" { set(item, "registered") } else { BTreeSet::new() };
            for id in listed.iter().map(String::as_str).chain(overflow) {
                let registration = self.alive.get(id).map(|item| &item["registrations"]["M"][letter]["M"]);
                let names = registration.is_some_and(|registration| {
                    registration["h"]["S"] == hash
                        && (registration["o"]["BOOL"] == true) == overflow.is_some()
                        && (overflow.is_none() || (registration["v"]["BOOL"] == true) == sk.starts_with('H'))
                });
                if !names {
                    faults.push(format!("{pk} {sk} names {id}, who does not hold it: {registration:?}"));
                }
            }
            if !set(item, "verified").is_subset(&set(item, "registered")) && sk == "A" {
                faults.push(format!("{pk} is verified by somebody who does not hold it"));
            }
        }
    }

    /// A link is noted on both and once in the journal.
    fn links(&self, faults: &mut Vec<String>) {
        let mut noted = BTreeSet::new();
        for (id, item) in &self.alive {
            for link in item["links"]["L"].as_array().into_iter().flatten() {
                let visitor = s(&link["M"], "id");
                let back = self.alive.get(visitor).map(|visitor| s(visitor, "linkedTo"));
                if back != Some(id) {
                    faults.push(format!("{id} is linked to {visitor}, who is linked to {back:?}"));
                }
                if !noted.insert((id.clone(), visitor.to_owned())) {
                    faults.push(format!("{id} is linked to {visitor} twice"));
                }
                let held = |of: &Value| of["M"].as_object().cloned().unwrap_or_default();
                let theirs = self.alive.get(visitor).map(|visitor| held(&visitor["registrations"]));
                if theirs.is_some_and(|theirs| theirs != held(&link["M"]["registrations"])) {
                    faults.push(format!("{id} knows other contacts of {visitor} than it has"));
                }
            }
            let member = s(item, "linkedTo");
            if !member.is_empty() {
                let links = self.alive.get(member).and_then(|member| member["links"]["L"].as_array());
                if !links.into_iter().flatten().any(|link| s(&link["M"], "id") == id) {
                    faults.push(format!("{id} says it is linked to {member}, who knows nothing of it"));
                }
            }
        }
        let mut journal = Vec::new();
        for item in self.items.iter().filter(|item| s(item, "sk").starts_with("J#")) {
            let id = s(item, "pk").rsplit('#').next().unwrap_or_default().to_owned();
            if self.alive.contains_key(&id) {
                journal.push((id, s(item, "visitor").to_owned()));
            }
        }
        journal.sort();
        if journal != noted.iter().cloned().collect::<Vec<_>>() {
            faults.push(format!("journal {journal:?}, links {noted:?}"));
        }
    }

    /// Whoever was written in a month is marked once; no marker is of one who was not.
    fn markers(&self, faults: &mut Vec<String>) {
        let mut nameless: BTreeMap<&str, usize> = BTreeMap::new();
        for item in self.items.iter().filter(|item| s(item, "pk").starts_with("M#")) {
            let marked = s(item, "pk").split('#').nth(2).unwrap_or_default();
            match self.marked(s(item, "sk")) {
                Some(id) => {
                    let active = self.alive.get(id).map(|item| month(n(item, "updatedAt")));
                    if active.is_some_and(|active| *active < *marked) {
                        faults.push(format!("{id} is marked in {marked}, but was not active"));
                    }
                }
                None => *nameless.entry(marked).or_default() += 1,
            }
        }
        for (month, count) in nameless {
            if count > self.erased.len() {
                faults.push(format!("{count} markers of {month} are of nobody"));
            }
        }
        for (id, item) in &self.alive {
            // The one permitted miss: a visitor whose veilId was minted by a boot that was never answered (R7).
            let minted = !item["veilId"].is_null() && !VEILS.contains(&s(item, "veilId"));
            if !minted && !self.is_marked(id, n(item, "updatedAt")) {
                faults.push(format!("{id} was active, but is not marked: {item}"));
            }
        }
    }

    /// Whom a marker's name stands for.
    pub fn marked(&self, name: &str) -> Option<&String> {
        self.names.get(name)
    }

    /// Whether somebody is marked in the month of `at`.
    pub fn is_marked(&self, id: &str, at: i64) -> bool {
        let month = month(at);
        let Some(id) = CustomerId::parse(id) else { return false };
        let name = self.keys.active(&self.channel, &month, &id);
        self.item(&format!("M#{}#{month}#{}", self.channel, &name[..1]), &name).is_some()
    }

    /// No two leads have one address.
    fn leads(&self, faults: &mut Vec<String>) {
        let mut seen = BTreeSet::new();
        for (id, item) in &self.alive {
            if !item["memberId"].is_null() || !item["veilId"].is_null() {
                continue;
            }
            for (letter, registration) in item["registrations"]["M"].as_object().into_iter().flatten() {
                if !seen.insert((letter.clone(), s(&registration["M"], "h").to_owned())) {
                    faults.push(format!("{id} has an address that another lead has"));
                }
            }
        }
    }

    /// Every order's owner is noted, and a customer's sums are those of its orders.
    fn orders(&self, faults: &mut Vec<String>) {
        let mut sums: BTreeMap<&str, Purchases> = BTreeMap::new();
        for item in self.items.iter().filter(|item| s(item, "pk").starts_with("C#")) {
            let Some(hash) = s(item, "sk").strip_prefix("O#") else { continue };
            let id = s(item, "pk").rsplit('#').next().unwrap_or_default();
            if !self.alive.contains_key(id) {
                continue;
            }
            let owner = self.item(&format!("O#{}#{hash}", self.channel), "O").map(|item| s(item, "owner"));
            // The mark of an order that left its customer.
            if s(item, "order").is_empty() {
                if owner == Some(id) {
                    faults.push(format!("order {hash} left {id}, and {id} still owns it"));
                }
                continue;
            }
            let order: StoredOrder = serde_json::from_str(s(item, "order")).unwrap();
            sums.entry(id).or_default().change(None, Some(&order), self.now);
            if owner != Some(id) {
                faults.push(format!("order {hash} lies with {id}, and its owner is {owner:?}"));
            }
        }
        for (id, item) in &self.alive {
            let counted = sums.get(id.as_str()).cloned().unwrap_or_default();
            let stored = Some(plain(&item["purchases"])).filter(|sums| !sums.is_null());
            let stored: Purchases =
                stored.map_or_else(Purchases::default, |sums| serde_json::from_value(sums).unwrap());
            if stored != counted {
                faults.push(format!("{id} has the sums {stored:?}, its orders come to {counted:?}"));
            }
        }
    }

    /// Nothing lies with the erased but their tombstones, nothing with nobody, and no job is open.
    fn remains(&self, faults: &mut Vec<String>) {
        for item in &self.items {
            let (pk, sk) = (s(item, "pk"), s(item, "sk"));
            let owner = pk.strip_prefix("C#").and_then(|rest| rest.rsplit('#').next());
            if owner.is_some_and(|owner| sk != "P" && !self.alive.contains_key(owner)) {
                faults.push(format!("{pk} {sk} lies with nobody"));
            }
            let order_of =
                Some(s(item, "owner")).filter(|_| pk.starts_with("O#")).filter(|id| !id.is_empty());
            if order_of.is_some_and(|owner| !self.alive.contains_key(owner)) {
                faults.push(format!("{pk} {sk} tells of an order of nobody"));
            }
            if pk.starts_with("X#") {
                faults.push(format!("an erasure is open at {}: {item}", self.now));
            }
        }
    }

    fn item(&self, pk: &str, sk: &str) -> Option<&Value> {
        self.places.get(&(pk.to_owned(), sk.to_owned())).map(|place| &self.items[*place])
    }

    /// How often a page's event lies in the table, by the id its caller gave it and whose it is.
    pub fn events(&self, owner: &str, event: &str) -> usize {
        let hash = self.keys.event(&self.channel, Sender::Page, event);
        let pk = format!("C#{}#{owner}", self.channel);
        self.items
            .iter()
            .filter(|item| {
                s(item, "pk") == pk && s(item, "sk").starts_with("E#") && s(item, "sk").ends_with(&hash)
            })
            .count()
    }
}

/// The id, if an item is a customer's or a tombstone.
fn customer(item: &Value) -> Option<&str> {
    (s(item, "sk") == "P").then(|| s(item, "pk").strip_prefix("C#")?.rsplit('#').next()).flatten()
}
