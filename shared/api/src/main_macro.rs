//! The `main` of every function.

/// Writes a function's `main`, which starts the logs and the application and runs the crate's `handle`.
///
/// - `http NAME`: requests of API Gateway, with the connection to the table open.
/// - `direct NAME`: direct invocations and schedules.
#[macro_export]
macro_rules! function_main {
    (@allocator) => {
        #[global_allocator]
        static ALLOCATOR: $crate::Allocator = $crate::Allocator;
    };
    (http $name:ident) => {
        $crate::function_main!(@allocator);

        #[tokio::main(flavor = "current_thread")]
        async fn main() -> Result<(), lambda_http::Error> {
            $crate::start::logs();
            let app = &$crate::start::connected::<$name::Access>().await?;
            let answer =
                |request| async move { Ok::<_, lambda_http::Error>($name::handle(app, request).await) };
            lambda_http::run(lambda_http::service_fn(answer)).await
        }
    };
    (direct $name:ident) => {
        $crate::function_main!(@allocator);

        #[tokio::main(flavor = "current_thread")]
        async fn main() -> Result<(), lambda_runtime::Error> {
            $crate::start::logs();
            let app = &$crate::start::connected::<$name::Access>().await?;
            let answer = |event: lambda_runtime::LambdaEvent<serde_json::Value>| async move {
                let done = $name::handle(app, event.payload).await;
                done.map_err(|error| lambda_runtime::Error::from(error.explained()))
            };
            lambda_runtime::run(lambda_runtime::service_fn(answer)).await
        }
    };
}
