//! A job, as far as it is.

use okyaku_api::{Call, Reply, job};
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_engine::App;
use serde_json::json;

use crate::access::Access;

pub(crate) async fn read(app: &App<Access>, channel: &Channel, call: &Call) -> Result<Reply, Error> {
    let job = app.store.job(&channel.id, call.param("jobId")).await?;
    Reply::ok(json!({ "job": job::shown(&job) }))
}
