//! Sessions that a server issues for a customer's page.

use okyaku_api::session_token::{self, Claims};
use okyaku_api::{Call, Reply, Server, scope};
use okyaku_domain::error::Error;
use okyaku_domain::id::VeilId;
use okyaku_domain::person_ref::PersonRef;
use okyaku_domain::time::{DAY, Millis};
use okyaku_engine::keyring::random;
use okyaku_engine::{App, server as engine};
use serde_json::json;

use crate::access::Access;

/// The shortest session, in ms.
const SHORTEST: Millis = 60_000;
/// The longest session, in ms.
const LONGEST: Millis = 30 * DAY;

/// Answers `session-jwt/issue`: a session of `expiration`, an ISO 8601 duration of 1 minute to 30 days. Else of 1 minute.
pub(crate) async fn issue_jwt(
    app: &App<Access>,
    call: &Call,
    caller: &Server<scope::Write>,
) -> Result<Reply, Error> {
    let length = match call.query("expiration") {
        None | Some("") => SHORTEST,
        Some(text) => duration(text).ok_or_else(|| {
            Error::invalid("expiration", "must be an ISO 8601 duration from PT1M to P30D, for example PT1H")
        })?,
    };
    let (token, ends_at) = issue(app, call, caller, length).await?;
    Reply::ok(json!({ "sessionJWT": token, "expiresAt": ends_at }))
}

/// Answers `user-token/issue`: a session of a day.
pub(crate) async fn issue_token(
    app: &App<Access>,
    call: &Call,
    caller: &Server<scope::Write>,
) -> Result<Reply, Error> {
    let (token, ends_at) = issue(app, call, caller, session_token::LIFETIME).await?;
    Reply::ok(json!({ "token": token, "disableAt": ends_at }))
}

/// Issues a session of `length` ms. Returns the token and its end, epoch ms. Costs 1 R.
///
/// The server is signed in, so the page may see the customer's stored data, as after a memberHash.
async fn issue(
    app: &App<Access>,
    call: &Call,
    caller: &Server<scope::Write>,
    length: Millis,
) -> Result<(String, Millis), Error> {
    let channel = &caller.channel;
    let person = PersonRef::of_path(call.param("userId")).ok_or(Error::NotFound("the customer"))?;
    let customer = engine::admit(app, &channel.id, &person).await?;
    let now = app.now();
    let until = (now + length) / 1000;
    let claims = Claims {
        aud: channel.id.clone(),
        sub: customer.id.clone(),
        iat: now / 1000,
        key: channel.plugin_key().to_owned(),
        exp: until,
        veil_id: VeilId::from_bytes(random()?).as_str().to_owned(),
        may_see: true,
        mobile: false,
        until: Some(until),
    };
    Ok((session_token::sign(app.keys(), &claims)?, until * 1000))
}

/// Returns an ISO 8601 duration in ms, if it is within the bounds.
fn duration(text: &str) -> Option<Millis> {
    let length = text.starts_with('P').then(|| speedate::Duration::parse_str(text).ok())??;
    let ms = length.signed_total_ms();
    (SHORTEST..=LONGEST).contains(&ms).then_some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn duration_is_of_a_minute_to_thirty_days() {
        for (text, ms) in [
            ("PT1M", Some(60_000)),
            ("PT90S", Some(90_000)),
            ("PT1H30M", Some(5_400_000)),
            ("P30D", Some(LONGEST)),
            ("PT720H", Some(LONGEST)),
            ("P4W", Some(28 * DAY)),
            ("PT59S", None),
            ("P30DT1S", None),
            ("P1Y", None),
            ("-PT1M", None),
            ("1 day", None),
            ("00:01:00", None),
            ("60", None),
            ("PT", None),
            ("P", None),
            ("PT１M", None),
            ("P99999999999999999999D", None),
        ] {
            assert_eq!(duration(text), ms, "{text}");
        }
    }
}
