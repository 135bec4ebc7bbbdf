//! Boot and profile upsert.

okyaku_api::function_main!(http okyaku_boot);
