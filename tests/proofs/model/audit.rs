//! Everything that can be read, on both sides.

use std::collections::{BTreeMap, BTreeSet};

use super::world::{EVENT_DAYS, Verdict, World, differ};
use serde_json::json;
use support::model::{Named, Write, Writes};

impl World {
    /// Each customer by every id that it ever had and by its memberId, its timeline and its counts.
    pub async fn audit(&mut self, whole: bool) -> Verdict {
        for channel in 0..EVENT_DAYS.len() {
            let of = &self.model.channels[channel];
            let mut names: Vec<Named> = of.members.keys().cloned().map(Named::Member).collect();
            names.extend(
                (0..of.records.len()).filter(|record| of.records[*record].id.is_some()).map(Named::Record),
            );
            let mut told = BTreeSet::new();
            for named in names {
                let name = self.name(channel, &named);
                let wanted = self.model.get(channel, &named);
                let answer = self.server(channel, "GET", &format!("/open/v5/users/{name}"), None).await;
                self.compare(channel, &answer, &wanted, false)
                    .map_err(|why| format!("GET {named:?}: {why}"))?;
                // The rest is the same under each of its names; of who is not there one is enough.
                if !whole || !told.insert(wanted.record) {
                    continue;
                }
                let place = |what: &str, why: String| format!("{what} {named:?}: {why}");
                let record = wanted.record;
                self.timeline(channel, &name, record).await.map_err(|why| place("timeline of", why))?;
                self.glance(channel, &name, record).await.map_err(|why| place("glance at", why))?;
            }
        }
        Ok(())
    }

    async fn timeline(&mut self, channel: usize, name: &str, record: Option<usize>) -> Verdict {
        let path = format!("/open/v5/users/{name}/events?sortOrder=desc&limit=500");
        let answer = self.server(channel, "GET", &path, None).await;
        let Some(record) = record else {
            return if answer.status == 404 { Ok(()) } else { Err(format!("{}", answer.status)) };
        };
        let Some(events) = answer.body["events"].as_array() else { differ!("{}", answer.body) };
        let times: Vec<_> = events.iter().map(|event| event["createdAt"].as_i64().unwrap_or(0)).collect();
        if !times.is_sorted_by(|one, next| one >= next) {
            differ!("not in the order of time: {times:?}");
        }
        let records = &self.model.channels[channel].records;
        let row = |at: i64, owner: &str, name: &str, n: u64| format!("{at} {owner} {name} {n}");
        let real: Vec<String> = events
            .iter()
            .map(|event| {
                let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
                let at = event["createdAt"].as_i64().unwrap_or(0);
                row(at, &text("userId"), &text("name"), event["property"]["n"].as_u64().unwrap_or(0))
            })
            .collect();
        let wanted: BTreeSet<String> = self
            .model
            .timeline(channel, record)
            .into_iter()
            .map(|(at, owner, name, n)| row(at, records[owner].id.as_deref().unwrap_or("?"), name, n))
            .collect();
        let set: BTreeSet<String> = real.iter().cloned().collect();
        if set != wanted || set.len() != real.len() {
            differ!("{real:#?} instead of {wanted:#?}");
        }
        Ok(())
    }

    async fn glance(&mut self, channel: usize, name: &str, record: Option<usize>) -> Verdict {
        let answer = self.server(channel, "GET", &format!("/okyaku/v1/contacts/{name}"), None).await;
        let Some(record) = record else {
            return if answer.status == 404 { Ok(()) } else { Err(format!("{}", answer.status)) };
        };
        let counts = answer.body["events"]["counts"].as_object().cloned().unwrap_or_default();
        let counts: BTreeMap<String, u64> =
            counts.into_iter().map(|(name, n)| (name, n.as_u64().unwrap_or(0))).collect();
        let wanted = self.model.counts(channel, record);
        if counts != wanted {
            differ!("{counts:?} instead of {wanted:?}");
        }
        Ok(())
    }

    /// Who holds each address, asked by adding it to a lead: free ones are taken by that.
    pub async fn probe_contacts(&mut self) -> Verdict {
        for n in 0..3 {
            let email = Writes { email: Write::One(n), ..Writes::default() };
            let mobile = Writes { mobile: Write::One(n), ..Writes::default() };
            self.lead(0, &email, &[], false).await.map_err(|why| format!("e-mail {n}: {why}"))?;
            self.lead(0, &mobile, &[], false).await.map_err(|why| format!("phone {n}: {why}"))?;
        }
        Ok(())
    }

    /// Every erasure is over, and its receipt says what went.
    pub async fn probe_receipts(&mut self) -> Verdict {
        self.shop.sweep().await;
        self.shop.clock.advance(71_000);
        self.model.now += 71_000;
        let report = self.shop.sweep().await;
        if report.open != report.finished {
            differ!("an erasure is open after its last sweep");
        }
        for (channel, id, receipt) in self.receipts.clone() {
            let answer = self.server(channel, "GET", &format!("/okyaku/v1/erasures/{id}"), None).await;
            // Receipts end as tombstones do.
            if answer.status == 404 && self.months_passed() {
                continue;
            }
            let erasure = &answer.body["erasure"];
            // When exactly a marker of over a year ends is not said.
            let old = self.model.now - support::NOW > 390 * support::model::DAY;
            let markers = if old { erasure["deleted"]["markers"].clone() } else { json!(receipt.markers) };
            // An order's empty place counts too, so how many orders went is not said.
            let mut erasure = erasure.clone();
            erasure["deleted"].as_object_mut().map(|deleted| deleted.remove("orders"));
            let wanted = json!({"customers": receipt.customers, "events": receipt.events, "links": receipt.links,
                "contacts": receipt.contacts, "markers": markers});
            if erasure["deleted"] != wanted || erasure["status"] != "done" {
                differ!("{} instead of {wanted}", answer.body);
            }
        }
        Ok(())
    }

    fn months_passed(&self) -> bool {
        self.model.now - support::NOW > 90 * support::model::DAY
    }

    /// The month's markers in the table are as many as the customers who were active in it.
    pub async fn probe_months(&mut self) -> Verdict {
        let items = self.shop.items().await;
        for (channel, keys) in self.keys.iter().enumerate() {
            let mut months: BTreeMap<String, usize> = BTreeMap::new();
            for item in &items {
                let pk = item["pk"].as_s().unwrap();
                if let Some(rest) = pk.strip_prefix(&format!("M#{}#", keys.id)) {
                    *months.entry(rest[..6].to_owned()).or_default() += 1;
                }
            }
            let wanted = self.model.actives(channel);
            if months != wanted {
                differ!("markers of channel {channel}: {months:?} instead of {wanted:?}");
            }
        }
        Ok(())
    }

    /// A 409 of these routes is that of the erased.
    pub fn explained(answer: &support::Answer) -> Verdict {
        if answer.status == 409 && answer.body["commonErrorCode"] != "ERASED" {
            differ!("409 as {}", answer.body);
        }
        Ok(())
    }
}
