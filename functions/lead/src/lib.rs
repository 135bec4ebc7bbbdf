//! Lead creation (R10): a phone number or an e-mail address is enough; one that is registered already is not added.

use lambda_http::http::Response;
use lambda_http::{Body, Request};
use okyaku_api::{Call, Reply, credential, serve_counting_rejections, user};
use okyaku_domain::channel::Scope;
use okyaku_domain::contact_point::ContactPointKind;
use okyaku_domain::customer::Customer;
use okyaku_domain::error::Error;
use okyaku_domain::id::CustomerId;
use okyaku_domain::patch::{self, Patch, Verified};
use okyaku_domain::sender::Sender;
use okyaku_engine::App;
use okyaku_store::access;
use okyaku_store::commit::{Commit, Outcome, Registrant};
use okyaku_store::customers::Whom;
use okyaku_store::keyring::random;
use okyaku_store::retry::Retry;
use serde_json::{Map, Value, json};

/// What this function may do to the table.
#[derive(Debug)]
pub struct Access;

impl access::Access for Access {
    const ACTIONS: &'static [&'static str] = &["GetItem", "Query", "PutItem", "UpdateItem"];
}
impl access::Read for Access {}
impl access::List for Access {}
impl access::WriteCustomers for Access {}
impl access::CountRejections for Access {}

/// The routes it answers, as the template has them.
pub const ROUTES: &[&str] = &["POST /open/v5/users"];

/// Answers one request.
pub async fn handle(app: &App<Access>, request: Request) -> Response<Body> {
    serve_counting_rejections(app, request, ROUTES, |_, call| async move { create(app, &call).await }).await
}

async fn create(app: &App<Access>, call: &Call) -> Result<Reply, Error> {
    let channel = credential::server(app, &call.headers, Scope::Write).await?;
    let (body, _) = call.json()?;
    let patch = parse(&body, &channel.region)?;
    let id = CustomerId::from_bytes(random()?);
    let mut retry = Retry::new(&call.invocation);
    loop {
        let now = app.now();
        let mut lead = Customer::new(id.clone(), 0, now);
        lead.apply(&patch, Sender::Server, now).map_err(Error::Invalid)?;
        if lead.contact_points().next().is_none() {
            return Err(Error::invalid("profile", "must have an email or a mobileNumber"));
        }
        lead.settle(None, now);
        let commit = Commit { unique: true, ..Commit::new(&channel.id, None, lead) };
        match app.store.commit(commit, &call.invocation).await? {
            Outcome::Stored(lead) => {
                return Reply::ok(json!({ "user": user::of_server(&channel, &lead, app.now()) }));
            }
            Outcome::Lost | Outcome::Erased => retry.wait().await?,
            Outcome::Taken(registrant) => {
                let registrant = match registrant {
                    Registrant::Listed(registrant) => Some(registrant),
                    Registrant::Overflow(kind, hash) => {
                        app.store.overflow_registrant(&channel.id, kind, &hash).await?
                    }
                };
                if let Some(user_id) = person(app, &channel.id, registrant).await? {
                    return Err(Error::AlreadyExists { user_id: user_id.to_string() });
                }
                retry.wait().await?;
            }
        }
    }
}

/// Who a holder is: a visitor who turned out to be a member answers as the member. Nobody, if the holder was erased
/// meanwhile: then the contact is free.
async fn person(
    app: &App<Access>,
    channel: &str,
    registrant: Option<CustomerId>,
) -> Result<Option<CustomerId>, Error> {
    let Some(registrant) = registrant else { return Ok(None) };
    match app.store.find(channel, Whom::User(registrant.as_str())).await {
        Ok((customer, _)) => Ok(Some(customer.id)),
        Err(Error::NotFound(_) | Error::Erased) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Parses the body. Only contacts in `qualified` count as verified: the manager vouches for them.
fn parse(body: &Map<String, Value>, region: &str) -> Result<Patch, Error> {
    if !matches!(body.get("profile"), Some(Value::Object(_))) {
        return Err(Error::invalid("profile", "must be an object with an email or a mobileNumber"));
    }
    let (mut patch, _) = patch::parse(body, Sender::Server, region, &["qualified"])?;
    patch.verified = match body.get("qualified") {
        None | Some(Value::Null) => Verified::default(),
        Some(Value::Array(kinds)) => {
            let kind = |kind: &Value| kind.as_str().and_then(ContactPointKind::of_key);
            let kinds = kinds.iter().map(kind).collect::<Option<Vec<_>>>();
            Verified::some(
                kinds.ok_or_else(|| Error::invalid("qualified", "may hold email and mobileNumber only"))?,
            )
        }
        Some(_) => return Err(Error::invalid("qualified", "must be a list")),
    };
    Ok(patch)
}
