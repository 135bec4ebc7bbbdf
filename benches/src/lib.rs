//! What the programs of this folder share.

pub mod client;
pub mod function;
pub mod process;
pub mod shop;
pub mod statistics;

/// Ends the program with a sentence, unless `url` is on this machine: nobody else's server is loaded by mistake.
#[must_use]
pub fn loopback(url: &str) -> String {
    let uri: Option<http::Uri> = url.parse().ok();
    let address = uri.and_then(|uri| {
        let port = uri.port_u16()?;
        (uri.scheme_str() == Some("http")).then(|| format!("{}:{port}", uri.host().unwrap_or_default()))
    });
    match address {
        Some(address) if okyaku_store::table::client::is_loopback(url) => address,
        _ => {
            eprintln!("{url}: only http:// and a port of this machine, such as http://127.0.0.1:8787");
            std::process::exit(2);
        }
    }
}
