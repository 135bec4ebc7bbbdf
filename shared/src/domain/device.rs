//! What a browser or an app says of itself.

use serde::{Deserialize, Serialize};

use super::time::Millis;

/// `web.*` of a customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Web {
    /// Name and version, such as `Chrome 156.0.0.0`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// Name, such as `Chrome`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub browser_name: Option<String>,
    /// Name and version of the operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Name of the operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_name: Option<String>,
    /// `pc`, `smartphone`, `mobilephone`, `appliance`, `crawler` or `misc`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Sessions in browsers.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sessions_count: u32,
    /// Last seen in a browser, epoch ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<Millis>,
}

/// `mobile.*` of a customer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mobile {
    /// Name of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_name: Option<String>,
    /// Version of the app.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub app_version: Option<String>,
    /// Operating system with its version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os: Option<String>,
    /// Name of the operating system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_name: Option<String>,
    /// Model of the device.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Sessions in the app.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sessions_count: u32,
    /// Last seen in the app, epoch ms.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<Millis>,
}

/// For `skip_serializing_if`: a count of zero is not stored.
#[must_use]
pub(crate) fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// What a User-Agent header says of a browser.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Browser {
    /// See [`Web::browser`].
    pub browser: Option<String>,
    /// See [`Web::browser_name`].
    pub browser_name: Option<String>,
    /// See [`Web::os`].
    pub os: Option<String>,
    /// See [`Web::os_name`].
    pub os_name: Option<String>,
    /// See [`Web::device`].
    pub device: Option<String>,
}

/// Reads a User-Agent header. `None` where nothing is known of it. Headers over 1,024 bytes are not read.
#[must_use]
pub fn browser(user_agent: &str) -> Option<Browser> {
    if user_agent.len() > 1024 {
        return None;
    }
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
    /// Takes over what the browser says of itself.
    pub fn describe(&mut self, browser: Browser) {
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
    fn a_phones_browser_is_known() {
        let agent = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                     Version/17.0 Mobile/15E148 Safari/604.1";
        let browser = browser(agent).unwrap();
        assert_eq!(browser.browser_name.as_deref(), Some("Safari"));
        assert_eq!(browser.browser.as_deref(), Some("Safari 17.0"));
        assert_eq!(browser.device.as_deref(), Some("smartphone"));
        assert!(super::browser("").is_none());
    }
}
