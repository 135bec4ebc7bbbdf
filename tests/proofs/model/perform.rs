//! Each step, done to both sides.

use super::steps::{Jump, Key, Step, Target, Veil};
use super::world::{Verdict, World, differ};
use chrono::{Datelike, TimeZone, Utc};
use serde_json::json;
use support::model::boot::{Arrival, Session};
use support::model::{
    Address, Answered, DAY, Event, Found, MINUTE, Named, PersonRef, SECOND, Sent, Write, Writes, sent, stored,
};

/// How far from now an event says that it was.
const AGO: [i64; 8] = [0, 0, -5 * SECOND, -25 * 60 * MINUTE, -20 * DAY, -40 * DAY, -370 * DAY, 11 * MINUTE];

impl World {
    pub async fn perform(&mut self, step: &Step) -> Verdict {
        match step {
            Step::Boot { channel, person, wrong_hash, device, veil, app, writes } => {
                let member = person.map(|person| (format!("member-{person}"), !*wrong_hash));
                self.boots(*channel, member, *device, *veil, *app, writes).await
            }
            Step::Touch { channel, session } => {
                let Some((at, token)) = self.session(*channel, *session) else { return Ok(()) };
                let answer = self.page("POST", "/front/v1/touch", &token, json!({})).await;
                let held = self.sessions[*channel][at].0.clone();
                let wanted = self.model.touch(*channel, &held);
                self.compare(*channel, &answer, &wanted, true)?;
                if answer.status == 200 {
                    let session = Session { since: self.model.now, ..held };
                    self.sessions[*channel].push((session, answer.str("/sessionToken").to_owned()));
                }
                Ok(())
            }
            Step::RotateKey { channel } => {
                self.rotate(*channel).await;
                Ok(())
            }
            Step::UpdateMe { channel, session, writes } => {
                let Some((at, token)) = self.session(*channel, *session) else { return Ok(()) };
                let writes = of_page(writes);
                let answer = self.page("PATCH", "/front/v1/users/me", &token, writes.body()).await;
                let wanted = self.model.update_me(*channel, &self.sessions[*channel][at].0, &writes);
                self.compare(*channel, &answer, &wanted, true)
            }
            Step::TagMe { channel, session, bits, add } => {
                let Some((at, token)) = self.session(*channel, *session) else { return Ok(()) };
                let body = Writes { tags: Some(*bits), ..Writes::default() }.body();
                let method = if *add { "PATCH" } else { "DELETE" };
                let answer = self.page(method, "/front/v1/users/me/tags", &token, body).await;
                let wanted = self.model.tag_me(*channel, &self.sessions[*channel][at].0, *bits, *add);
                self.compare(*channel, &answer, &wanted, true)
            }
            Step::Track { channel, session, events, retry } => {
                let Some((at, _)) = self.session(*channel, *session) else { return Ok(()) };
                let batch = events.iter().map(|(id, ago)| self.event(Some(*id), *ago)).collect();
                self.track(*channel, at, batch, *retry).await
            }
            Step::TrackAgain { channel, nth, lone, retry } => {
                let of = &self.tracked[*channel];
                let Some((at, mut batch)) = newest(of, *nth).cloned() else { return Ok(()) };
                batch.truncate(if *lone { 1 } else { batch.len() });
                for sent in &mut batch {
                    self.n += 1;
                    sent.event.n = self.n;
                }
                self.track(*channel, at, batch, *retry).await
            }
            Step::Put { channel, named, writes, revive } => {
                let (channel, revive) = (*channel, *revive);
                let (named, name) = self.target(channel, *named);
                let mut body = writes.body();
                if revive {
                    body["revive"] = json!(true);
                }
                let answer = self.server(channel, "PUT", &format!("/open/v5/users/{name}"), Some(body)).await;
                let wanted = self.model.put(channel, &named, writes, revive);
                Self::explained(&answer)?;
                self.compare(channel, &answer, &wanted, false)
            }
            Step::Patch { channel, named, writes } => {
                let (named, name) = self.target(*channel, *named);
                let path = format!("/open/v5/users/{name}");
                let answer = self.server(*channel, "PATCH", &path, Some(writes.body())).await;
                let wanted = self.model.patch(*channel, &named, writes);
                Self::explained(&answer)?;
                self.compare(*channel, &answer, &wanted, false)
            }
            Step::ServerTouch { channel, named } => {
                let (named, name) = self.target(*channel, *named);
                let answer =
                    self.server(*channel, "POST", &format!("/open/v5/users/{name}/touch"), None).await;
                let wanted = self.model.server_touch(*channel, &named);
                self.compare(*channel, &answer, &wanted, false)
            }
            Step::Block { channel, named, blocked } => {
                let (named, name) = self.target(*channel, *named);
                let method = if *blocked { "POST" } else { "DELETE" };
                let answer =
                    self.server(*channel, method, &format!("/open/v5/users/{name}/block"), None).await;
                let wanted = self.model.block(*channel, &named, *blocked);
                self.compare(*channel, &answer, &wanted, false)
            }
            Step::PostEvent { channel, named, id, at } => {
                let (named, name) = self.target(*channel, *named);
                let sent = self.event(*id, *at);
                self.posted[*channel] = Some((named.clone(), sent.clone()));
                self.post_event(*channel, &named, &name, &sent).await
            }
            Step::PostEventAgain { channel } => {
                let Some((named, mut sent)) = self.posted[*channel].clone() else { return Ok(()) };
                self.n += 1;
                sent.event.n = self.n;
                let name = self.name(*channel, &named);
                self.post_event(*channel, &named, &name, &sent).await
            }
            Step::PostTracked { channel, nth } => {
                let Some((at, batch)) = newest(&self.tracked[*channel], *nth).cloned() else { return Ok(()) };
                let named = Named::Record(self.sessions[*channel][at].0.record);
                self.n += 1;
                let mut sent = batch[0].clone();
                sent.event.n = self.n;
                self.posted[*channel] = Some((named.clone(), sent.clone()));
                let name = self.name(*channel, &named);
                self.post_event(*channel, &named, &name, &sent).await
            }
            Step::TrackPosted { channel, lone, retry } => {
                let Some((named, mut sent)) = self.posted[*channel].clone() else { return Ok(()) };
                let Found::Live(record) = self.model.named(*channel, &named) else { return Ok(()) };
                let at = self.sessions[*channel].iter().rposition(|(held, _)| held.record == record);
                // A page's event needs an id.
                let Some(at) = at.filter(|_| sent.id.is_some()) else { return Ok(()) };
                self.n += 1;
                sent.event.n = self.n;
                let mut batch = vec![sent];
                if !lone {
                    batch.push(self.event(Some(0), 0));
                }
                self.track(*channel, at, batch, *retry).await
            }
            Step::DeleteEvent { channel, named, nth } => self.delete_event(*channel, *named, *nth).await,
            Step::Lead { channel, writes, qualified, force } => {
                let qualified: Vec<&str> = ["email", "mobileNumber"]
                    .into_iter()
                    .filter(|kind| qualified % 3 == kind.len() as u8 % 3)
                    .collect();
                let writes = Writes { reset: false, ..writes.clone() };
                self.lead(*channel, &writes, &qualified, *force).await
            }
            Step::Delete { channel, named } => {
                let (named, name) = self.target(*channel, *named);
                let answer = self.server(*channel, "DELETE", &format!("/open/v5/users/{name}"), None).await;
                let wanted = self.model.delete(*channel, &named);
                self.compare(*channel, &answer, &wanted, false)
            }
            Step::Erase { channel, by, all } => self.erase(*channel, *by, *all).await,
            Step::Order { channel, person, order, total } => {
                self.order(*channel, *person, *order, *total).await
            }
            Step::CancelOrder { channel, order } => self.cancel_order(*channel, *order).await,
            Step::RefundOrder { channel, order, amount } => {
                self.refund_order(*channel, *order, *amount).await
            }
            Step::Clock(jump) => {
                self.jump(*jump).await;
                Ok(())
            }
            Step::Sweep => {
                self.shop.sweep().await;
                Ok(())
            }
        }
    }

    async fn boots(
        &mut self,
        channel: usize,
        member: Option<(String, bool)>,
        device: u8,
        veil: Veil,
        app: bool,
        writes: &Writes,
    ) -> Verdict {
        let writes = of_page(&Writes { reset: false, ..writes.clone() });
        let device = usize::from(device) % self.devices[channel].len();
        let (veil, malformed) = match veil {
            Veil::Own => (self.devices[channel][device].clone(), false),
            Veil::None => (None, false),
            Veil::Any(nth) => (newest(&self.veils, nth).cloned(), false),
            Veil::Malformed => (None, true),
        };
        let mut body = writes.body();
        if let Some(veil) = &veil {
            body["veilId"] = json!(veil);
        } else if malformed {
            body["veilId"] = json!("../../etc/passwd");
        }
        if app {
            body["app"] = json!({"name": "Shop"});
        }
        let proof = member.as_ref().map(|(name, right)| (name.as_str(), *right));
        let answer = self.boot(channel, body, proof).await;
        let wanted = self.model.boot(channel, &Arrival { member, veil: veil.clone(), app, writes });
        self.compare(channel, &answer, &wanted, true)?;
        let (200, Some(record)) = (answer.status, wanted.record) else { return Ok(()) };
        let answered = answer.str("/veilId").to_owned();
        if wanted.fresh_veil == self.veils.contains(&answered)
            || wanted.fresh_veil == (veil.as_ref() == Some(&answered))
        {
            differ!("veilId {answered}, brought {veil:?}, to be a new one: {}", wanted.fresh_veil);
        }
        if wanted.fresh_veil {
            self.veils.push(answered.clone());
        }
        self.devices[channel][device] = Some(answered);
        let key = self.model.channels[channel].rotations;
        let session = Session { record, key, since: self.model.now, app };
        self.sessions[channel].push((session, answer.str("/sessionToken").to_owned()));
        Ok(())
    }

    async fn track(&mut self, channel: usize, session: usize, batch: Vec<Sent>, retry: bool) -> Verdict {
        let events: Vec<_> = batch.iter().map(body_of).collect();
        let mut body = json!({ "events": events });
        if retry {
            body["attempt"] = json!(2);
        }
        let (held, token) = self.sessions[channel][session].clone();
        let answer = self.page("POST", "/front/v1/events", &token, body).await;
        let wanted = self.model.track(channel, &held, &batch, retry);
        self.tracked[channel].push((session, batch));
        self.compare(channel, &answer, &wanted, true)?;
        let results = answer.body["results"].as_array().cloned().unwrap_or_default();
        let verdicts: Vec<_> =
            results.iter().map(|result| result["status"].as_str().unwrap_or("?")).collect();
        if answer.status == 200 && verdicts != wanted.verdicts {
            differ!("verdicts {verdicts:?} instead of {:?}", wanted.verdicts);
        }
        Ok(())
    }

    async fn post_event(&mut self, channel: usize, named: &Named, name: &str, sent: &Sent) -> Verdict {
        let answer =
            self.server(channel, "POST", &format!("/open/v5/users/{name}/events"), Some(body_of(sent))).await;
        let wanted = self.model.post_event(channel, named, sent);
        Self::explained(&answer)?;
        if answer.status != wanted.status {
            differ!("status {} instead of {}: {}", answer.status, wanted.status, answer.body);
        }
        let Some(record) = wanted.record else { return Ok(()) };
        let event = &answer.body["event"];
        let owner = self.model.channels[channel].records[record].id.as_deref();
        if event["userId"].as_str() != owner
            || event["createdAt"] != sent.at
            || event["name"] != sent.event.name
        {
            differ!("{event} is not of {owner:?} at {}", sent.at);
        }
        Ok(())
    }

    async fn delete_event(&mut self, channel: usize, named: Target, nth: u8) -> Verdict {
        let (named, name) = self.target(channel, named);
        let path = format!("/open/v5/users/{name}/events");
        let shown = self.server(channel, "GET", &format!("{path}?sortOrder=asc&limit=500"), None).await;
        let Some(record) = self.model.get(channel, &named).record else {
            return if shown.status == 404 { Ok(()) } else { Err(format!("{}", shown.status)) };
        };
        let events = shown.body["events"].as_array().cloned().unwrap_or_default();
        if events.is_empty() {
            return Ok(());
        }
        let event = &events[usize::from(nth) % events.len()];
        let n = event["property"]["n"].as_u64().unwrap_or(0);
        let owned = self.model.timeline(channel, record).into_iter().find(|(.., seen)| *seen == n);
        let Some((_, owner, ..)) = owned else { differ!("an event too many: {event}") };
        let one = format!("{path}/{}", event["id"].as_str().unwrap_or_default());
        for wanted in [204, 404] {
            let answer = self.server(channel, "DELETE", &one, None).await;
            if answer.status != wanted {
                differ!("status {} instead of {wanted}", answer.status);
            }
        }
        self.model.delete_event(channel, owner, n);
        Ok(())
    }

    pub async fn lead(
        &mut self,
        channel: usize,
        writes: &Writes,
        qualified: &[&str],
        force: bool,
    ) -> Verdict {
        let mut body = writes.body();
        body["qualified"] = json!(qualified);
        body["force"] = json!(force);
        let answer = self.server(channel, "POST", "/open/v5/users", Some(body)).await;
        let wanted = self.model.lead(channel, writes, qualified, force);
        self.compare(channel, &answer, &wanted, false)?;
        if wanted.status == 409 {
            let records = &self.model.channels[channel].records;
            let may: Vec<_> =
                wanted.registrants.iter().map(|record| records[*record].id.as_deref()).collect();
            if !may.contains(&answer.body["userId"].as_str()) {
                differ!("409 names {} and not one of {may:?}", answer.body["userId"]);
            }
            if answer.body["claimed"].as_bool().unwrap_or_default() != wanted.claimed {
                differ!("409 says claimed {}, not {}", answer.body["claimed"], wanted.claimed);
            }
        }
        Ok(())
    }

    async fn erase(&mut self, channel: usize, by: Key, all: bool) -> Verdict {
        let (by, body) = match by {
            Key::Id(target) => match self.target(channel, target) {
                (Named::Member(name), _) => {
                    let body = json!({ "memberId": name });
                    (PersonRef::Named(Named::Member(name)), body)
                }
                (Named::Stranger, _) => {
                    (PersonRef::Named(Named::Nobody), json!({"id": self.name(channel, &Named::Nobody)}))
                }
                (named, name) => (PersonRef::Named(named), json!({ "id": name })),
            },
            Key::MemberId(n) | Key::Cafe24(n) => {
                let name = format!("member-{n}");
                let body = if matches!(by, Key::Cafe24(_)) {
                    json!({ "cafe24": name })
                } else {
                    json!({ "memberId": name })
                };
                (PersonRef::Named(Named::Member(name)), body)
            }
            Key::Email(n) => {
                (PersonRef::Address(Address::Email, stored("email", n)), json!({"email": sent("email", n)}))
            }
            Key::Mobile(n) => {
                let kind = Address::Mobile;
                (
                    PersonRef::Address(kind, stored(kind.key(), n)),
                    json!({"mobileNumber": sent(kind.key(), n)}),
                )
            }
            Key::Veil(nth) => {
                let veil = newest(&self.veils, nth).cloned().unwrap_or_default();
                (PersonRef::Veil(veil.clone()), json!({ "veilId": veil }))
            }
        };
        let all = all && matches!(by, PersonRef::Address(..));
        let mut request = json!({ "by": body });
        if all {
            request["all"] = json!(true);
        }
        let answer = self.server(channel, "POST", "/okyaku/v1/erasures", Some(request)).await;
        let wanted = self.model.erasure(channel, &by, all);
        match wanted {
            Answered::Ambiguous(registrants) => {
                let named = answer.body["candidates"].as_array().map_or(0, Vec::len);
                if answer.status != 409
                    || answer.body["commonErrorCode"] != "AMBIGUOUS"
                    || named != registrants
                {
                    differ!(
                        "{} instead of 409 with {registrants} candidates: {}",
                        answer.status,
                        answer.body
                    );
                }
            }
            Answered::Before if answer.status == 202 => {}
            Answered::Now(receipt) if answer.status == 202 => {
                let id = answer.str("/erasure/id").to_owned();
                if self.receipts.iter().any(|(_, known, _)| *known == id) {
                    differ!("a new erasure has the id of an older one");
                }
                let customers = answer.body.pointer("/erasure/deleted/customers");
                if customers != Some(&json!(receipt.customers)) {
                    differ!("customers {customers:?} instead of {}", receipt.customers);
                }
                self.receipts.push((channel, id, receipt));
            }
            _ => differ!("{} instead of 202: {}", answer.status, answer.body),
        }
        Ok(())
    }

    /// Rotates the plugin key. An instance knows the old key for a minute.
    async fn rotate(&mut self, channel: usize) {
        let keys = &mut self.keys[channel];
        let command = json!({"action": "rotateKey", "channelId": keys.id, "kind": "plugin", "key": keys.plugin, "graceHours": 0});
        let made = self.shop.admin(command).await.unwrap();
        keys.plugin = made["pluginKey"].as_str().unwrap().to_owned();
        self.shop.clock.advance(61 * SECOND);
        self.model.now += 61 * SECOND;
        self.model.channels[channel].rotations += 1;
    }

    async fn jump(&mut self, jump: Jump) {
        let now = self.model.now;
        let by = match jump {
            Jump::Seconds => 7 * SECOND,
            Jump::ElevenMinutes => 11 * MINUTE,
            Jump::HalfHour => 31 * MINUTE,
            Jump::Days91 => 91 * DAY,
            Jump::Days401 => 401 * DAY,
            Jump::NextMonth => {
                let date = Utc.timestamp_millis_opt(now).unwrap();
                let (year, month) =
                    if date.month() == 12 { (date.year() + 1, 1) } else { (date.year(), date.month() + 1) };
                let first = Utc.with_ymd_and_hms(year, month, 1, 0, 0, 0).unwrap();
                // No two of these are a whole number of days apart.
                self.months += 1;
                first.timestamp_millis() + (4 + self.months) * SECOND - now
            }
        };
        if by > DAY {
            // `sweep` runs every minute: nothing waits for it for days.
            self.shop.sweep().await;
            self.shop.clock.advance(71 * SECOND);
            self.shop.sweep().await;
            self.shop.clock.advance(by - 71 * SECOND);
        } else {
            self.shop.clock.advance(by);
        }
        self.model.now += by;
    }

    fn event(&mut self, id: Option<u8>, ago: u8) -> Sent {
        self.n += 1;
        // One id is always a checkout, which is never said to be ahead of the clock.
        let checkout = id == Some(3);
        let ago = AGO[usize::from(ago) % AGO.len()];
        let name = if checkout { "CheckoutComplete" } else { "PageView" };
        Sent {
            id: id.map(|id| format!("event-{id}")),
            at: self.model.now + ago,
            event: Event { name, n: self.n },
        }
    }

    fn session(&self, channel: usize, nth: u8) -> Option<(usize, String)> {
        let all = &self.sessions[channel];
        let at = all.len().checked_sub(1 + usize::from(nth) % all.len().max(1))?;
        Some((at, all[at].1.clone()))
    }

    /// Whom a step means: for the model, and in a path.
    fn target(&self, channel: usize, target: Target) -> (Named, String) {
        let known = |channel: usize| -> Vec<usize> {
            let records = self.model.channels[channel].records.iter().enumerate();
            records.filter(|(_, record)| record.id.is_some()).map(|(at, _)| at).collect()
        };
        let named = match target {
            Target::Member(n) => Named::Member(format!("member-{n}")),
            Target::Nobody => Named::Nobody,
            Target::Record(nth) => {
                newest(&known(channel), nth).map_or(Named::Nobody, |record| Named::Record(*record))
            }
            Target::Foreign(nth) => {
                let other = 1 - channel;
                let name = newest(&known(other), nth).map(|record| self.name(other, &Named::Record(*record)));
                return (Named::Stranger, name.unwrap_or_else(|| "0123456789abcdef0124".to_owned()));
            }
        };
        let name = self.name(channel, &named);
        (named, name)
    }
}

fn body_of(sent: &Sent) -> serde_json::Value {
    let mut body = json!({"name": sent.event.name, "createdAt": sent.at, "property": {"n": sent.event.n}});
    if let Some(id) = &sent.id {
        body["id"] = json!(id);
    }
    body
}

/// The memo is not a page's; said alone it would leave open whether the patch is empty.
fn of_page(writes: &Writes) -> Writes {
    let memo = if writes.grade == Write::Absent { Write::Absent } else { writes.memo };
    Writes { memo, ..writes.clone() }
}

fn newest<T>(all: &[T], nth: u8) -> Option<&T> {
    all.iter().rev().nth(usize::from(nth) % all.len().max(1))
}
