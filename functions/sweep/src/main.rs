//! The schedule's function. Direct invocations erase lists.

okyaku_api::function_main!(direct okyaku_sweep);
