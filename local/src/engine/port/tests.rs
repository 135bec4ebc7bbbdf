//! Who is let in at the port, and who is not.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;
use crate::engine::Engine;

const KEY: &str = "a-key-of-the-engine-for-tests";

/// Sends a request with these header lines, and returns the status and the body.
fn send(address: &str, head: &str, headers: &[&str]) -> (u16, String) {
    let body = "{}";
    let mut request = format!("{head} HTTP/1.1\r\nConnection: close\r\nContent-Length: {}\r\n", body.len());
    for header in headers {
        request += &format!("{header}\r\n");
    }
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(format!("{request}\r\n{body}").as_bytes()).unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    let status = reply.split(' ').nth(1).unwrap().parse().unwrap();
    (status, reply.rsplit("\r\n\r\n").next().unwrap().to_owned())
}

fn authorization(key: &str) -> String {
    format!(
        "Authorization: AWS4-HMAC-SHA256 Credential={key}/20261122/us-east-1/dynamodb/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}

#[test]
fn port_answers_only_this_machine_with_the_key() {
    let mut engine = Engine::memory().unwrap();
    let endpoint = engine.open_port(0, EngineKey::parse(KEY).unwrap()).unwrap();
    let address = endpoint.url.strip_prefix("http://").unwrap();
    let call = |headers: &[&str]| send(address, "POST /", headers);
    let (target, right) = ("X-Amz-Target: DynamoDB_20120810.ListTables", authorization(KEY));
    let right = right.as_str();

    for host in ["127.0.0.1:8000", "localhost", "[::1]:1", "172.17.0.1:8000", "Host.docker.internal:8000"] {
        let (status, body) = call(&[&format!("Host: {host}"), target, right]);
        assert_eq!((status, body.as_str()), (200, r#"{"TableNames":[]}"#), "{host}");
    }
    for host in
        ["shop.example", "localhost.shop.example", "127.0.0.1.shop.example", "host.docker.internal.example"]
    {
        let (status, body) = call(&[&format!("Host: {host}"), target, right]);
        assert!(status == 403 && body.contains("#AccessDeniedException"), "{host}: {body}");
    }
    let here = "Host: 127.0.0.1";
    assert_eq!(call(&[here, here, target, right]).0, 403);
    for origin in ["https://shop.example", "http://localhost:8787", "null"] {
        let (status, body) = call(&[here, &format!("Origin: {origin}"), target, right]);
        assert!(status == 403 && body.contains("#AccessDeniedException"), "{origin}: {body}");
    }
    let longer = authorization(&format!("{KEY}s"));
    for wrong in
        [&authorization("local"), &longer, &authorization(""), "Authorization: Basic bG9jYWw=", "X-No: key"]
    {
        let (status, body) = call(&[here, target, wrong]);
        assert!(status == 403 && body.contains("#UnrecognizedClientException"), "{wrong}: {body}");
    }
    for head in ["OPTIONS /", "GET /", "POST /?X-Amz-Credential=a-key-of-the-engine-for-tests"] {
        assert_eq!(send(address, head, &[here, target]).0, 403, "{head}");
    }
    assert_eq!(send(address, "GET /", &[here, target, right]).0, 404);
    assert_eq!(call(&[here, right]).0, 400, "no operation");
}

#[test]
fn key_is_a_plain_text_of_some_length() {
    for wrong in ["", "short", "a-key/with-a-slash", "a key with spaces in", &"a".repeat(129)] {
        assert_eq!(EngineKey::parse(wrong), None, "{wrong}");
    }
    let key = EngineKey::random().unwrap();
    assert_eq!(EngineKey::parse(key.as_str()), Some(key.clone()));
    assert_ne!(EngineKey::random().unwrap(), key);
    assert_eq!(format!("{key:?}"), "EngineKey", "a log does not show the key");
}
