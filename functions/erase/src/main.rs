//! Member deletion.

okyaku_api::function_main!(http okyaku_erase);
