//! Descriptions of browsers and apps, in their own words.

use sha2::{Digest, Sha256};

use super::time::Millis;

/// `web.*` of a customer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Web {
    /// Name and version, for example `Chrome 156.0.0.0`.
    pub browser: Option<String>,
    /// Name, for example `Chrome`.
    pub browser_name: Option<String>,
    /// Name and version of the operating system.
    pub os: Option<String>,
    /// Name of the operating system.
    pub os_name: Option<String>,
    /// `pc`, `smartphone`, `mobilephone`, `appliance`, `crawler` or `misc`.
    pub device: Option<String>,
    /// The hash of the User-Agent header from which the five fields above were read.
    pub agent: Option<String>,
    /// Sessions in browsers.
    pub sessions_count: u32,
    /// The time of the last visit in a browser, epoch ms.
    pub last_seen_at: Option<Millis>,
}

/// `mobile.*` of a customer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mobile {
    /// Name of the app.
    pub app_name: Option<String>,
    /// Version of the app.
    pub app_version: Option<String>,
    /// Operating system with its version.
    pub os: Option<String>,
    /// Name of the operating system.
    pub os_name: Option<String>,
    /// Model of the device.
    pub device: Option<String>,
    /// Sessions in the app.
    pub sessions_count: u32,
    /// The time of the last visit in the app, epoch ms.
    pub last_seen_at: Option<Millis>,
}

/// The description of a browser in a User-Agent header.
#[derive(Debug, Default, PartialEq)]
struct Browser {
    browser: Option<String>,
    browser_name: Option<String>,
    os: Option<String>,
    os_name: Option<String>,
    device: Option<String>,
}

/// The longest User-Agent header that is read, in bytes. A longer header is ignored.
const AGENT_BYTES: usize = 1024;
/// A part of every hash. A different parser or version changes every hash, so that every header is read
/// again.
const PARSER: &str = "woothee 0.13";

/// Returns the hash by which a User-Agent header is recognised: 16 lower-hex characters.
fn agent_hash(user_agent: &str) -> String {
    let hash = Sha256::new().chain_update(PARSER).chain_update("\0").chain_update(user_agent).finalize();
    hex::encode(hash.get(..8).unwrap_or_default())
}

/// Reads a User-Agent header. Returns `None` if the header is unknown to the parser.
fn browser(user_agent: &str) -> Option<Browser> {
    // The parser writes UNKNOWN for an unknown part.
    let known = |text: &str| (!text.is_empty() && text != "UNKNOWN").then(|| text.to_owned());
    let with_version = |name: &Option<String>, version: &str| {
        name.as_ref().map(|name| match known(version) {
            Some(version) => format!("{name} {version}"),
            None => name.clone(),
        })
    };
    let found = woothee::parser::Parser::new().parse(user_agent)?;
    let browser_name = known(found.name);
    let os_name = known(found.os);
    let browser = Browser {
        browser: with_version(&browser_name, found.version),
        os: with_version(&os_name, &found.os_version),
        device: known(found.category),
        browser_name,
        os_name,
    };
    (browser != Browser::default()).then_some(browser)
}

impl Web {
    /// Takes over the description of the browser from a User-Agent header.
    ///
    /// An unknown header changes nothing. A header that was read before is skipped, because the parser's
    /// patterns cost more than the rest of a boot.
    pub fn describe(&mut self, user_agent: &str) {
        if user_agent.len() > AGENT_BYTES {
            return;
        }
        // A header that was read before costs only this hash.
        let hash = agent_hash(user_agent);
        if self.agent.as_ref() == Some(&hash) {
            return;
        }
        let Some(browser) = browser(user_agent) else { return };
        self.agent = Some(hash);
        self.browser = browser.browser;
        self.browser_name = browser.browser_name;
        self.os = browser.os;
        self.os_name = browser.os_name;
        self.device = browser.device;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browser_of_a_phone_is_recognised() {
        let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/17.0 Mobile/15E148 Safari/604.1";
        let mut web = Web::default();
        web.describe(agent);
        assert_eq!(web.browser_name.as_deref(), Some("Safari"));
        assert_eq!(web.browser.as_deref(), Some("Safari 17.0"));
        assert_eq!(web.device.as_deref(), Some("smartphone"));
        let known = web.clone();
        web.describe("");
        assert_eq!(web, known, "what tells nothing changes nothing");
    }

    #[test]
    fn known_header_is_not_read_again() {
        let mut web = Web::default();
        web.describe("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");
        assert_eq!(web.browser.as_deref(), Some("Firefox 145.0"));
        web.browser = None;
        // The known header is skipped, so the emptied field stays empty.
        web.describe("Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0");
        assert_eq!(web.browser, None);
        web.describe("Mozilla/5.0 (X11; Linux x86_64; rv:146.0) Gecko/20100101 Firefox/146.0");
        assert_eq!(web.browser.as_deref(), Some("Firefox 146.0"));
    }
}
