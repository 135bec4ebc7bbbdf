//! Where deliveries are sent: this machine alone.

use http::Uri;
use okyaku_store::table::client::is_loopback;

/// Checks `--to`: a signed delivery must not go over a network that can read it.
pub(crate) fn destination(text: &str) -> Result<String, String> {
    let uri = text.parse::<Uri>().map_err(|error| error.to_string())?;
    match (uri.scheme_str(), uri.host()) {
        (Some("https"), Some(_)) => Ok(text.to_owned()),
        (Some("http"), Some(_)) if is_loopback(text) => Ok(text.to_owned()),
        (Some("http"), Some(_)) => Err("http is for this machine alone: use https".into()),
        _ => Err("a URL such as http://127.0.0.1:8787 is needed".into()),
    }
}
