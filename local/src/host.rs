//! The Host header: which names may be used, and which are names at all.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A Host header's parts, proved to be a host name or address with an optional port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host<'a> {
    /// The name or address; an IPv6 address is in its brackets.
    pub name: &'a str,
    /// The port, if it is given.
    pub port: Option<u16>,
}

impl<'a> Host<'a> {
    /// Reads `host[:port]`. `None` for anything a URL could not carry: later on the text becomes part of one,
    /// where a surprise would cost the request.
    #[must_use]
    pub fn parse(text: &'a str) -> Option<Self> {
        let (name, port) = match text.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, Some(number(port)?)),
            _ => (text, None),
        };
        let known = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => is_name(name),
        };
        known.then_some(Self { name, port })
    }

    /// The address, if the name is one.
    #[must_use]
    pub fn address(&self) -> Option<IpAddr> {
        self.name.trim_start_matches('[').trim_end_matches(']').parse().ok()
    }

    /// Whether the name can only mean this machine: `localhost` or a loopback address.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        self.name.eq_ignore_ascii_case("localhost")
            || self.address().is_some_and(|address| address.is_loopback())
    }
}

fn number(port: &str) -> Option<u16> {
    // `parse` alone would take a plus sign.
    if port.bytes().all(|byte| byte.is_ascii_digit()) { port.parse().ok() } else { None }
}

fn is_name(name: &str) -> bool {
    let labels_hold = name.len() <= 253
        && name.split('.').all(|label| {
            // A punycode label may be invalid in ways only a table of Unicode tells.
            (1..=63).contains(&label.len())
                && !label.to_ascii_lowercase().starts_with("xn--")
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        });
    let last = name.rsplit('.').next().unwrap_or_default();
    // URLs read a name that ends in a number as an IPv4 address, also in hexadecimal.
    let numeric = last.starts_with(|c: char| c.is_ascii_digit());
    labels_hold && (!numeric || name.parse::<Ipv4Addr>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loopback_is_recognised_with_and_without_a_port() {
        for text in ["localhost", "LocalHost:8787", "127.0.0.1", "127.0.0.1:1", "[::1]", "[::1]:8787"] {
            assert!(Host::parse(text).is_some_and(|host| host.is_loopback()), "{text}");
        }
        for text in ["localhost.evil.example", "evil.example", "10.0.0.1:8787", "[2001:db8::1]", "0.0.0.0"] {
            assert!(Host::parse(text).is_some_and(|host| !host.is_loopback()), "{text}");
        }
    }

    #[test]
    fn host_that_no_url_could_carry_is_invalid() {
        for text in [
            "",
            ":",
            ":80",
            "a:",
            "a:b",
            "a:+80",
            "a:99999",
            "a b",
            "a/b",
            "a?b",
            "a#b",
            "a@b",
            "a\\b",
            "a..b",
            "%31",
            "[",
            "[]",
            "[::1",
            "::1",
            "[::1]x",
            "[::1%25lo]",
            "1.2.3",
            "1.2.3.256",
            "0x7f.1",
            "a.0x7f",
            "xn--a",
            "あ",
            "a_b",
            "a,b",
            "localhost, evil",
            "<x>",
            "a|b",
        ] {
            assert_eq!(Host::parse(text), None, "{text}");
        }
    }
}
