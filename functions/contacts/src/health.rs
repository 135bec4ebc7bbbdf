//! The health of the service, for monitors and load balancers.

use okyaku_api::Reply;
use okyaku_domain::error::Error;
use okyaku_domain::id::ChannelId;
use okyaku_engine::App;
use serde_json::json;

use crate::Access;

/// Answers `{"status":"ok"}` if the table answers. Costs 1 R.
///
/// # Errors
/// [`Error::Busy`], so 503, if the table is out of reach.
pub(crate) async fn check(app: &App<Access>) -> Result<Reply, Error> {
    // No channel has this id. A read of nothing shows as much as a read of something.
    app.store.channel(&ChannelId::from_bytes([0; 10])).await?;
    Reply::ok(json!({ "status": "ok" }))
}
