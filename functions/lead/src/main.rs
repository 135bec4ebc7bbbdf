//! Lead creation.

okyaku_api::function_main!(http okyaku_lead);
