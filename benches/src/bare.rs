//! The limit: a bare `lambda_http` function that makes as many SDK calls as the function beside it and nothing else.
//! `BARE_CALLS` is `get` or `get,put`.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use lambda_http::{Body, Error, Request, Response, run, service_fn};
use okyaku::store::client::{http_client, sdk_config};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let endpoint = std::env::var("AWS_ENDPOINT_URL_DYNAMODB").ok();
    let client = &Client::new(&sdk_config(endpoint.as_deref(), http_client()).await);
    let puts = std::env::var("BARE_CALLS").is_ok_and(|calls| calls.ends_with("put"));
    run(service_fn(|_: Request| async move {
        let text = |text: &str| AttributeValue::S(text.into());
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
