//! Looks up people by addresses, memberIds and ids.

use okyaku_api::{Call, Reply};
use okyaku_domain::channel::Channel;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::limit::LOOKUP_TERMS;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::wrong_fields::WrongFields;
use okyaku_engine::App;
use okyaku_engine::contacts;
use serde_json::{Map, Value, json};

use crate::access::Access;

/// Answers with the people of each term. A term that can be nobody says why, and the other terms are answered.
pub(crate) async fn lookup(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let (body, _) = call.json()?;
    let terms = terms(&body)?;
    let people: Vec<Option<PersonRef>> =
        terms.iter().map(|term| PersonRef::of_term(term, &channel.region)).collect();
    let readable: Vec<PersonRef> = people.iter().flatten().cloned().collect();
    let mut known = contacts::lookup(&app.store, &channel.id, &readable).await?.into_iter();
    let results = terms.iter().zip(people).map(|(term, person)| {
        let mut result = Map::from_iter([("term".to_owned(), Value::from(term.as_str()))]);
        match person.and_then(|_| known.next()) {
            Some(known) => {
                result.insert("users".into(), known.customers.iter().map(shown).collect());
                result.extend(known.more.then(|| ("more".to_owned(), true.into())));
            }
            None => {
                let message = "is no e-mail address, phone number, @memberId or id";
                result.extend([("users".to_owned(), json!([])), ("message".to_owned(), message.into())]);
            }
        }
        Value::Object(result)
    });
    let results: Vec<Value> = results.collect();
    Reply::ok(json!({ "results": results, "units": okyaku_engine::meter::read_units() }))
}

fn terms(body: &Map<String, Value>) -> Result<Vec<String>, Error> {
    let mut wrong = WrongFields::default();
    wrong.unknown_keys(body, &["terms"]);
    let list = body.get("terms").and_then(Value::as_array);
    let list = list.filter(|list| (1..=LOOKUP_TERMS).contains(&list.len()));
    if list.is_none() {
        wrong.add("terms", format!("must be a list of 1 to {LOOKUP_TERMS} texts"));
    }
    let texts = list.map(|list| {
        let mut texts = Vec::new();
        for (at, term) in list.iter().enumerate() {
            match term.as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => wrong.add(format!("terms[{at}]"), "must be text"),
            }
        }
        texts
    });
    wrong.end(texts)
}

/// Returns who a person is: id, kind and memberId.
fn shown(customer: &Customer) -> Value {
    let mut shown = Map::from_iter([
        ("id".to_owned(), Value::from(customer.id.as_str())),
        ("type".to_owned(), customer.kind().name().into()),
    ]);
    shown.extend(customer.member_id.as_ref().map(|member| ("memberId".to_owned(), member.as_str().into())));
    Value::Object(shown)
}
