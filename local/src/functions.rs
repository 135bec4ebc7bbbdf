//! The functions by their logical id, called as the Lambda runtime calls them.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lambda_http::Context;
use okyaku_api::event;
use okyaku_engine::{App, Base};
use serde_json::Value;

use crate::invoke::InvokeError;
use crate::random;

/// Every function with its own application, so that each has its own permissions and no more.
#[derive(Clone, Debug)]
pub(crate) struct Functions {
    boot: App<okyaku_boot::Access>,
    track: App<okyaku_track::Access>,
    lead: App<okyaku_lead::Access>,
    erase: App<okyaku_erase::Access>,
    contacts: App<okyaku_contacts::Access>,
    webhook: App<okyaku_webhook::Access>,
    sweep: App<okyaku_sweep::Access>,
    admin: App<okyaku_admin::Access>,
}

impl Functions {
    pub(crate) fn new(base: &Base) -> Self {
        Self {
            boot: base.app(),
            track: base.app(),
            lead: base.app(),
            erase: base.app(),
            contacts: base.app(),
            webhook: base.app(),
            sweep: base.app(),
            admin: base.app(),
        }
    }

    /// Runs `function` on `event`, which may take `limit`. Panics if the function does.
    pub(crate) async fn run(
        self,
        function: &str,
        event: Value,
        limit: Duration,
    ) -> Result<Value, InvokeError> {
        let context = context(function, &event, limit)?;
        macro_rules! http {
            ($app:expr, $handle:path) => {{
                let app = $app;
                let handler = move |request| {
                    let app = app.clone();
                    // On the heap: else every invocation would carry the futures of all functions.
                    Box::pin(async move { $handle(&app, request).await })
                };
                Box::pin(event::answer(&event, context, handler)).await.map_err(InvokeError::Event)
            }};
        }
        match function {
            "BootFunction" => http!(self.boot, okyaku_boot::handle),
            "TrackFunction" => http!(self.track, okyaku_track::handle),
            "LeadFunction" => http!(self.lead, okyaku_lead::handle),
            "EraseFunction" => http!(self.erase, okyaku_erase::handle),
            "ContactsFunction" => http!(self.contacts, okyaku_contacts::handle),
            "AssetsFunction" => {
                let settings = self.boot.settings();
                let handler = |request| okyaku_assets::handle(settings, request);
                event::answer(&event, context, handler).await.map_err(InvokeError::Event)
            }
            "WebhookFunction" if okyaku_webhook::is_direct(&event) => {
                okyaku_webhook::deliver(&self.webhook, &event, &context).await.map_err(InvokeError::Failed)
            }
            "WebhookFunction" => http!(self.webhook, okyaku_webhook::handle),
            "SweepFunction" => okyaku_sweep::handle(&self.sweep, event).await.map_err(InvokeError::Failed),
            "AdminFunction" => okyaku_admin::handle(&self.admin, event).await.map_err(InvokeError::Failed),
            _ => Err(InvokeError::UnknownFunction(function.to_owned())),
        }
    }
}

fn context(function: &str, event: &Value, limit: Duration) -> Result<Context, InvokeError> {
    let deadline = SystemTime::now() + limit;
    let mut context = Context::default();
    context.request_id = random::uuid().map_err(InvokeError::NoEntropy)?;
    context.deadline = deadline
        .duration_since(UNIX_EPOCH)
        .ok()
        .and_then(|since| u64::try_from(since.as_millis()).ok())
        .unwrap_or(u64::MAX);
    context.invoked_function_arn = format!("arn:aws:lambda:local:000000000000:function:{function}");
    context.xray_trace_id =
        event.pointer("/headers/x-amzn-trace-id").and_then(Value::as_str).map(str::to_owned);
    Ok(context)
}
