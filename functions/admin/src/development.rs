//! The development channel, whose secrets are public.

use okyaku::App;
use okyaku::domain::channel::{Channel, Scope};
use okyaku::error::Error;
use okyaku::store::channels::CredentialKind;

use crate::{Access, pair, public};

/// Its member-hash secret: that of Channel Talk's published example, so that the example's hash works.
const MEMBER_HASH_SECRET: &str = "4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25";

/// Creates the development channel unless it is there. Never call it for a table that is not on this machine.
///
/// # Errors
/// [`Error::Busy`] or [`Error::Internal`].
pub async fn create_development_channel(app: &App<Access>) -> Result<(), Error> {
    let channel = Channel {
        id: "dec0de00000000000000".into(),
        name: "Development".into(),
        created_at: app.now(),
        region: "KR".into(),
        member_hash_enabled: true,
        member_hash_secret: app.keys().seal(MEMBER_HASH_SECRET)?,
        origins: vec!["loopback".into()],
        event_days: 365,
        development: true,
        builders: std::collections::BTreeMap::new(),
        purchase_months: 3,
    };
    let scopes = vec![Scope::Read, Scope::Write, Scope::Erase];
    let credentials = [
        (CredentialKind::Plugin, "dev-plugin-key".to_owned(), public(&channel)),
        (CredentialKind::Access, "dev-access-key".to_owned(), pair(&channel, "dev-access-secret", scopes)),
        (CredentialKind::Webhook, "dev-webhook-token".to_owned(), public(&channel)),
    ];
    // `false`: it is there already.
    app.store.create_channel(&channel, &credentials).await?;
    Ok(())
}
