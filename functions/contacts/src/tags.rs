//! The tags of the contacts, with counts.

use okyaku_api::Reply;
use okyaku_domain::channel::Channel;
use okyaku_domain::error::Error;
use okyaku_domain::limit::TAGS_LISTED;
use okyaku_engine::App;
use okyaku_engine::contacts::{self, Budget, Tags};
use serde_json::{Value, json};

use crate::access::Access;

pub(crate) async fn tags(app: &App<Access>, channel: &Channel) -> Result<Reply, Error> {
    let Tags { tags, exact, scanned } = contacts::tags(&app.store, channel, Budget::of_pass()).await?;
    let further = tags.len().saturating_sub(TAGS_LISTED);
    let shown = tags.into_iter().take(TAGS_LISTED).map(|(tag, count)| json!({ "tag": tag, "count": count }));
    let tags: Vec<Value> = shown.collect();
    let units = okyaku_engine::meter::read_units();
    let mut reply = json!({ "tags": tags, "exact": exact, "scanned": scanned, "units": units });
    // The rarest tags are left out, and counted.
    if let (Value::Object(reply), true) = (&mut reply, further > 0) {
        reply.insert("further".into(), further.into());
    }
    Reply::ok(reply)
}
