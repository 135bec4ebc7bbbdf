//! The schedule's function, and lists to erase by direct invocation.

okyaku_api::function_main!(direct okyaku_sweep);
