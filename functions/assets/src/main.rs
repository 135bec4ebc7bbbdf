//! The page script.

use lambda_http::{Error, run, service_fn};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    okyaku_api::start::logs();
    run(service_fn(|request| async { Ok::<_, Error>(okyaku_assets::handle(request).await) })).await
}
