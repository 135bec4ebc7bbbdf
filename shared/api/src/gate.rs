//! The gate before every route: the origin secret, the source network and the budgets.

use std::net::{IpAddr, SocketAddr};
use std::sync::OnceLock;

use http::HeaderMap;
use lambda_http::request::RequestContext;
use lambda_http::{Request, RequestExt};
use okyaku_domain::budget::{self, Payer};
use okyaku_domain::error::Error;
use okyaku_engine::{App, Settings};
use okyaku_store::access::Read;
use okyaku_store::items::credential::CredentialKind;
use okyaku_store::meter::Meter;
use subtle::ConstantTimeEq;

/// What the gate knows of a request before the credential is read.
#[derive(Debug)]
pub struct Gate {
    /// Whether the request proves, by the origin secret, to come through the shop's proxy.
    pub proxied: bool,
    /// The source network of the request, if the gateway named it.
    network: Option<IpAddr>,
    /// The budgets that pay for the request.
    payers: OnceLock<Vec<Payer>>,
}

impl Gate {
    /// Reads the gate's part of a request.
    #[must_use]
    pub fn of(request: &Request, settings: &Settings) -> Self {
        let given = request.headers().get("x-okyaku-origin").map(http::HeaderValue::as_bytes);
        let proxied = settings
            .origin_secret
            .as_deref()
            .zip(given)
            .is_some_and(|(secret, given)| secret.as_bytes().ct_eq(given).into());
        // Behind a proxy, the gateway sees the proxy's address. A viewer header of anybody else is not believed.
        let address = match proxied {
            true => viewer(request.headers()).or_else(|| source(request)),
            false => source(request),
        };
        Self { proxied, network: address.map(budget::network), payers: OnceLock::new() }
    }

    /// Refuses a request that came around the proxy, where the settings ask for the proxy.
    ///
    /// # Errors
    /// [`Error::Forbidden`].
    pub fn check(&self, settings: &Settings) -> Result<(), Error> {
        match settings.require_origin && !self.proxied {
            true => Err(Error::Forbidden("this address answers only requests through the shop's own host")),
            false => Ok(()),
        }
    }
}

/// Returns the address of CloudFront's viewer, such as `198.51.100.10:46532`.
/// <https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/adding-cloudfront-headers.html>
fn viewer(headers: &HeaderMap) -> Option<IpAddr> {
    let text = headers.get("cloudfront-viewer-address")?.to_str().ok()?;
    // An IPv6 address comes without brackets.
    let plain = || text.rsplit_once(':').and_then(|(address, _)| address.parse().ok());
    text.parse::<SocketAddr>().ok().map(|address| address.ip()).or_else(plain)
}

fn source(request: &Request) -> Option<IpAddr> {
    match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV2(context)) => context.http.source_ip.as_deref()?.parse().ok(),
        _ => None,
    }
}

impl Gate {
    /// Refuses a look-up of a credential if too many wrong ones came from the same network.
    ///
    /// A credential that the instance knows needs no look-up, so the shop's server passes even beside an attacker.
    ///
    /// # Errors
    /// [`Error::OverBudget`].
    pub fn check_look_up<A: Read>(&self, app: &App<A>, kind: CredentialKind, key: &str) -> Result<(), Error> {
        match self.network {
            Some(network) if !app.store.remembers(kind, key) => {
                app.settings().budgets.check(&[Payer::WrongCredentials(network)], app.now())
            }
            _ => Ok(()),
        }
    }

    /// Lets a page's network, and the page's session if it has one, pay for the request.
    ///
    /// # Errors
    /// [`Error::OverBudget`] if a budget is used up.
    pub(crate) fn enter_page<A>(&self, app: &App<A>, session: Option<Payer>) -> Result<(), Error> {
        let payers: Vec<Payer> = self.network.map(Payer::Network).into_iter().chain(session).collect();
        app.settings().budgets.check(&payers, app.now())?;
        self.payers.set(payers).ok();
        Ok(())
    }

    /// Takes the cost of the finished request from its payers. A wrong credential costs one look-up.
    pub(crate) fn charge<A>(&self, app: &App<A>, meter: &Meter, unauthorized: bool) {
        let budgets = &app.settings().budgets;
        let cost = meter.write_units() + meter.read_units() * budget::READ_UNIT;
        budgets.charge(self.payers.get().map(Vec::as_slice).unwrap_or_default(), cost, app.now());
        if let Some(network) = self.network.filter(|_| unauthorized) {
            budgets.charge(&[Payer::WrongCredentials(network)], 1.0, app.now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn viewer_is_read_with_and_without_brackets() {
        for (text, address) in [
            ("198.51.100.10:46532", Some("198.51.100.10")),
            ("2001:db8:1:2:3:4:5:6:46532", Some("2001:db8:1:2:3:4:5:6")),
            ("[2001:db8::1]:46532", Some("2001:db8::1")),
            ("198.51.100.10", None),
            ("none", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("cloudfront-viewer-address", text.parse().unwrap());
            assert_eq!(viewer(&headers), address.map(|address| address.parse().unwrap()), "{text}");
        }
    }
}
