//! The limit: a bare `lambda_http` function that makes as many SDK calls as the function beside it and nothing else.
//! `BARE_CALLS` is `get` or `get,put`. Its client is the SDK's own, with the loader of `aws-config`, as the SDK's guide
//! has it; HTTP stack and roots are Okyaku's. With `OKYAKU_WARM=1` it reads once before it asks for its first event, which
//! opens the connection.

use aws_config::{BehaviorVersion, Region};
use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::config::Credentials;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use okyaku_store::table::client::{PLACEHOLDER, http_client};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL_DYNAMODB").ok();
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http_client());
    if let Some(endpoint) = endpoint {
        let key = std::env::var("AWS_ACCESS_KEY_ID").unwrap_or_else(|_| PLACEHOLDER.to_owned());
        let nobody = Credentials::new(key, PLACEHOLDER, None, None, "loopback");
        loader = loader.endpoint_url(endpoint).region(Region::new("us-east-1")).credentials_provider(nobody);
    }
    let client = &Client::new(&loader.load().await);
    let puts = std::env::var("BARE_CALLS").is_ok_and(|calls| calls.ends_with("put"));
    let text = |text: &str| AttributeValue::S(text.into());
    if std::env::var("OKYAKU_WARM").is_ok_and(|warm| warm == "1") {
        client.get_item().table_name("okyaku").key("pk", text("bare")).key("sk", text("W")).send().await?;
    }
    run(service_fn(|_: Request| async move {
        let get = client.get_item().table_name("okyaku").key("pk", text("bare")).key("sk", text("P"));
        get.consistent_read(true).send().await?;
        if puts {
            let put = client.put_item().table_name("okyaku").item("pk", text("bare")).item("sk", text("E"));
            put.send().await?;
        }
        let answer = Response::builder().header("content-type", "application/json");
        Ok::<_, Error>(answer.body(Body::from(r#"{"ok":true}"#))?)
    }))
    .await
}
