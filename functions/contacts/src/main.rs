//! Reads customers.

okyaku_api::function_main!(http okyaku_contacts);
