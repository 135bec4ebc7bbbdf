//! `cargo run -- send-webhook shopify customers/create`: signs one delivery as a builder does, and sends it.

use std::io::Write;
use std::path::Path;

use chrono::{DateTime, SecondsFormat};
use okyaku_builders::signature;
use okyaku_domain::builder::Builder;
use okyaku_domain::time::Millis;
use okyaku_local::random;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::args::Delivery;
use crate::examples;
use crate::failure::Failure;

/// Version of Shopify's API that the delivery says it has; only Shopify's own library asks for one.
const API_VERSION: &str = "2026-07";

/// What a token must not put into a path as it is.
const NOT_IN_PATHS: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A delivery, ready to be sent.
#[derive(Debug)]
struct Signed {
    url: String,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

/// Sends it and prints the answer, or prints the command that sends it. Anything but 200 is a failure.
pub(crate) fn run(delivery: &Delivery) -> Result<(), Failure> {
    let signed = sign(delivery, chrono::Utc::now().timestamp_millis())?;
    if delivery.print {
        writeln!(std::io::stdout(), "{}", curl(&signed, delivery.body.as_deref())?)?;
        return Ok(());
    }
    // A library that speaks TLS would come with every Okyaku, for this alone.
    if !signed.url.starts_with("http:") {
        return Err("https is not spoken here: --print prints the curl command that sends it".into());
    }
    let agent = ureq::Agent::config_builder().http_status_as_error(false).proxy(None).build();
    let mut request = ureq::Agent::from(agent).post(&signed.url).content_type("application/json");
    for (name, value) in &signed.headers {
        request = request.header(*name, value);
    }
    let sent = request.send(&signed.body).map_err(|error| format!("{}: {error}", delivery.to));
    let mut answer = sent?;
    let status = answer.status().as_u16();
    writeln!(std::io::stdout(), "{status} {}", answer.body_mut().read_to_string()?)?;
    if status == 200 { Ok(()) } else { Err(format!("the delivery was answered {status}").into()) }
}

fn sign(delivery: &Delivery, now: Millis) -> Result<Signed, Failure> {
    let builder = Builder::from(delivery.builder);
    let secret = delivery.secret.as_deref().unwrap_or(match builder {
        Builder::Cafe24 => "dev-cafe24-key",
        _ => "dev-shopify-secret",
    });
    let shop = delivery.shop.as_deref().unwrap_or(match builder {
        Builder::Cafe24 => "devmall",
        _ => "dev-shop.myshopify.com",
    });
    let body = match &delivery.body {
        Some(file) => std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?,
        None => {
            let mut body = examples::body(builder, &delivery.topic, now)?;
            for place in ["/mall_id", "/resource/mall_id"] {
                if let Some(mall) = body.pointer_mut(place).filter(|_| builder == Builder::Cafe24) {
                    *mall = Value::from(shop);
                }
            }
            serde_json::to_vec(&body)?
        }
    };
    let token = utf8_percent_encode(&delivery.token, NOT_IN_PATHS);
    let base = delivery.to.trim_end_matches('/');
    let url = format!("{base}/webhooks/{}/{token}", builder.name());
    let headers = match builder {
        Builder::Cafe24 => vec![("x-api-key", secret.to_owned())],
        _ => vec![
            ("X-Shopify-Hmac-Sha256", signature::shopify(secret, &body)),
            ("X-Shopify-Topic", delivery.topic.clone()),
            ("X-Shopify-Shop-Domain", shop.to_owned()),
            ("X-Shopify-API-Version", API_VERSION.to_owned()),
            ("X-Shopify-Webhook-Id", random::uuid()?),
            ("X-Shopify-Event-Id", random::uuid()?),
            ("X-Shopify-Triggered-At", rfc3339(now)),
        ],
    };
    Ok(Signed { url, headers, body })
}

fn rfc3339(at: Millis) -> String {
    let at = DateTime::from_timestamp_millis(at).unwrap_or_default();
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// The same as a command for any POSIX shell.
fn curl(signed: &Signed, file: Option<&Path>) -> Result<String, Failure> {
    let body = match file {
        // Its bytes, whatever they are.
        Some(file) => format!("@{}", file.display()),
        None => String::from_utf8(signed.body.clone())?,
    };
    let headers =
        signed.headers.iter().map(|(name, value)| format!("-H {}", quoted(&format!("{name}: {value}"))));
    let parts = std::iter::once(format!("curl -sS {}", quoted(&signed.url)))
        .chain(std::iter::once("-H 'content-type: application/json'".to_owned()))
        .chain(headers)
        .chain(std::iter::once(format!("--data-binary {}", quoted(&body))));
    Ok(parts.collect::<Vec<_>>().join(" \\\n  "))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Args, Command};
    use clap::Parser;

    fn delivery(args: &[&str]) -> Result<Delivery, String> {
        let args = Args::try_parse_from([&["okyaku", "send-webhook"], args].concat());
        match args.map_err(|error| error.to_string())?.command {
            Some(Command::SendWebhook(delivery)) => Ok(delivery),
            other => panic!("{other:?}"),
        }
    }

    fn header<'a>(signed: &'a Signed, name: &str) -> &'a str {
        &signed.headers.iter().find(|(known, _)| *known == name).unwrap().1
    }

    #[test]
    fn shopify_delivery_is_signed_over_its_bytes() {
        let signed = sign(&delivery(&["shopify", "orders/paid"]).unwrap(), 1_800_000_000_000).unwrap();
        assert_eq!(signed.url, "http://127.0.0.1:8787/webhooks/shopify/dev-webhook-token");
        let given = header(&signed, "X-Shopify-Hmac-Sha256");
        assert!(signature::is_shopifys(&["dev-shopify-secret".to_owned()], &signed.body, given));
        assert_eq!(header(&signed, "X-Shopify-Triggered-At"), "2027-01-15T08:00:00.000Z");
        assert_eq!(header(&signed, "X-Shopify-Shop-Domain"), "dev-shop.myshopify.com");

        let other = [
            "shopify",
            "a/b",
            "--secret",
            "other-secret",
            "--shop",
            "s.myshopify.com",
            "--body",
            "Cargo.toml",
        ];
        let signed = sign(&delivery(&other).unwrap(), 0).unwrap();
        assert_eq!(signed.body, std::fs::read("Cargo.toml").unwrap());
        let given = header(&signed, "X-Shopify-Hmac-Sha256");
        assert!(signature::is_shopifys(&["other-secret".to_owned()], &signed.body, given));
    }

    #[test]
    fn cafe24_delivery_names_its_mall() {
        for topic in ["90023", "90080"] {
            let args = ["cafe24", topic, "--shop", "mymall", "--secret", "a-key"];
            let signed = sign(&delivery(&args).unwrap(), 0).unwrap();
            assert_eq!(signed.headers, [("x-api-key", "a-key".to_owned())]);
            let body: Value = serde_json::from_slice(&signed.body).unwrap();
            let mall = okyaku_builders::cafe24::mall(body.as_object().unwrap());
            assert_eq!(mall, Some("mymall"), "{body}");
        }
    }

    #[test]
    fn printed_command_is_quoted_for_a_shell() {
        let signed = Signed {
            url: "https://x.example.com/webhooks/cafe24/t".into(),
            headers: vec![("x-api-key", "it's".into())],
            body: b"{}".to_vec(),
        };
        let expected = "curl -sS 'https://x.example.com/webhooks/cafe24/t' \\\n  -H 'content-type: application/json' \\\n  \
                        -H 'x-api-key: it'\\''s' \\\n  --data-binary ";
        assert_eq!(curl(&signed, None).unwrap(), format!("{expected}'{{}}'"));
        assert_eq!(curl(&signed, Some(Path::new("a b.json"))).unwrap(), format!("{expected}'@a b.json'"));
    }

    #[test]
    fn delivery_goes_to_loopback_or_by_https() {
        for (to, taken) in [
            ("http://127.0.0.1:8787", true),
            ("http://localhost:1/", true),
            ("http://[::1]:1", true),
            ("https://shop.example.com", true),
            ("http://shop.example.com", false),
            ("http://127.0.0.1.example.com", false),
            ("ftp://127.0.0.1", false),
            ("127.0.0.1:8787", false),
        ] {
            assert_eq!(delivery(&["shopify", "a", "--to", to]).is_ok(), taken, "{to}");
        }
        assert!(delivery(&["firstmall", "a"]).is_err());
        let told = run(&delivery(&["shopify", "orders/paid", "--to", "https://shop.example.com"]).unwrap());
        assert!(told.unwrap_err().to_string().contains("--print"));
    }
}
