//! Event tracking.

okyaku_api::function_main!(http okyaku_track);
