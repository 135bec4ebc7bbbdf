//! The page script.

use lambda_http::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    okyaku_api::start::logs();
    let settings = &okyaku_api::start::settings()?;
    let answer = |request| async move { Ok::<_, Error>(okyaku_assets::handle(settings, request).await) };
    run(service_fn(answer)).await
}
