//! Channel administration, by direct invocation.

okyaku_api::function_main!(direct okyaku_admin);
