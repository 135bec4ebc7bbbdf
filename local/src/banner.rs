//! What the server says once it listens.

use std::net::SocketAddr;

use okyaku_local::engine::port::Endpoint;

/// Lucas and his member hash, the vector that Channel Talk's documentation gives for the development secret.
const MEMBER: (&str, &str) = ("lucas", "99427c7bba36a6902c5fd6383f2fb0214d19b81023296b4bd6b9e024836afea2");

/// The banner of a server on `address`, whose data is in `data`. With `development` it has the development
/// channel's keys and three commands to paste. With an open port of the engine it has the variables for other tools.
pub(crate) fn banner(
    address: SocketAddr,
    data: &str,
    engine: Option<&Endpoint>,
    development: bool,
) -> String {
    let base = base(address);
    let engine = engine.map_or_else(String::new, |Endpoint { url, key }| {
        let credentials = format!("AWS_ACCESS_KEY_ID={} AWS_SECRET_ACCESS_KEY=anything", key.as_str());
        format!("  DynamoDB API    {url}\n  Credentials     {credentials}\n")
    });
    let head = format!("Okyaku listens on {base}\n\n  Data            {data}\n{engine}");
    if !development {
        let hint = "  Channels        created by the admin function; there is no development channel on a remote table\n";
        return head + hint;
    }
    format!(
        "{head}  Demo shop       {base}/demo
  Plugin key      dev-plugin-key
  Access key      dev-access-key
  Access secret   dev-access-secret

Boot the member lucas, let him look at a product, and read what is known of him:

{}
",
        commands(&base).join("\n\n")
    )
}

/// Three commands for any POSIX shell: the first keeps the session's token for the second.
fn commands(base: &str) -> [String; 3] {
    let (id, hash) = MEMBER;
    let json = "-H 'content-type: application/json'";
    [
        format!(
            r#"TOKEN=$(curl -s {base}/front/v1/boot {json} -d '{{"pluginKey":"dev-plugin-key","memberId":"{id}","memberHash":"{hash}"}}' | sed -n 's/.*"sessionToken":"\([^"]*\)".*/\1/p')"#
        ),
        format!(
            r#"curl -s {base}/front/v1/events -H "x-session: $TOKEN" {json} -d '{{"events":[{{"id":"'$(od -An -N8 -tx1 /dev/urandom | tr -d ' ')'","name":"ProductView","createdAt":'$(date +%s)000',"property":{{"id":"tea-bowl","name":"Tea bowl","amount":12000}}}}]}}'; echo"#
        ),
        format!(
            r#"curl -s {base}/okyaku/v1/contacts/@{id} -H 'x-access-key: dev-access-key' -H 'x-access-secret: dev-access-secret'; echo"#
        ),
    ]
}

/// A URL that works on this machine: one cannot call "every address".
fn base(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        return format!("http://127.0.0.1:{}", address.port());
    }
    format!("http://{address}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use okyaku_local::engine::port::EngineKey;

    #[test]
    fn banner_shows_the_demo_the_keys_and_a_first_command() {
        let text = banner("127.0.0.1:8787".parse().unwrap(), ".okyaku", None, true);
        for part in
            ["http://127.0.0.1:8787/demo", "dev-plugin-key", "dev-access-secret", "TOKEN=$(curl -s", "@lucas"]
        {
            assert!(text.contains(part), "{part}");
        }
        assert_eq!(base("0.0.0.0:1".parse().unwrap()), "http://127.0.0.1:1");
        assert_eq!(base("[::1]:1".parse().unwrap()), "http://[::1]:1");
        let key = EngineKey::parse("a-key-of-the-engine-for-tests").unwrap();
        let engine = Endpoint { url: "http://127.0.0.1:8000".into(), key };
        let text = banner("127.0.0.1:8787".parse().unwrap(), ".okyaku", Some(&engine), true);
        assert!(text.contains("AWS_ACCESS_KEY_ID=a-key-of-the-engine-for-tests "), "{text}");
        let remote = banner("127.0.0.1:8787".parse().unwrap(), "x", None, false);
        assert!(!remote.contains("dev-"), "{remote}");
    }
}
