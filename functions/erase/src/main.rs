//! Member deletion.

use lambda_http::{Error, run, service_fn};
use okyaku_erase::{Access, handle};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    okyaku_api::start::logs();
    let app = &okyaku_api::start::connected::<Access>().await?;
    run(service_fn(|request| async move { Ok::<_, Error>(handle(app, request).await) })).await
}
