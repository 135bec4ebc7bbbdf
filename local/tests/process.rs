//! The server as a process of its own: what it acknowledged survives `kill -9`, and what it began is finished by the
//! next one on the same folder (R9, R12).

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test's way to fail")]

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use okyaku_domain::member_hash::member_hash;
use serde_json::{Value, json};

const ENGINE_KEY: &str = "a-key-of-the-engine-for-tests";
const SECRET: &str = "4629de5def93d6a2abea6afa9bd5476d9c6cbc04223f9a2f7e517b535dde3e25";

/// The program with these arguments.
fn okyaku(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_okyaku"));
    command.args(args);
    command
}

/// Runs it to its end: whether it succeeded, what it printed, and what it complained of.
fn finish(mut command: Command) -> (bool, String, String) {
    let output = command.stdin(Stdio::null()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

/// A running server; killed without mercy when dropped.
struct Server {
    child: Child,
    base: String,
    /// Kept open: a server that cannot print would stop.
    _output: BufReader<ChildStdout>,
}

impl Server {
    fn start(folder: &Path) -> Self {
        Self::start_with(&mut okyaku(&["--port", "0", "--data", folder.to_str().unwrap()]))
    }

    fn start_with(command: &mut Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut first = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut first).unwrap();
        let base =
            first.split_whitespace().last().unwrap_or_else(|| panic!("no address in {first:?}")).to_owned();
        Self { child, base, _output: output }
    }

    /// `kill -9`.
    fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn call(&self, method: &str, path: &str, token: Option<&str>, body: Option<&Value>) -> (u16, Value) {
        let mut request = http::Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header("x-access-key", "dev-access-key")
            .header("x-access-secret", "dev-access-secret");
        if let Some(token) = token {
            request = request.header("x-session", token);
        }
        let body = body.map(Value::to_string).unwrap_or_default();
        let agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .build();
        let mut response = ureq::Agent::from(agent).run(request.body(body).unwrap()).unwrap();
        let status = response.status().as_u16();
        let text = response.body_mut().read_to_string().unwrap();
        (status, serde_json::from_str(&text).unwrap_or(Value::Null))
    }

    fn boot(&self, member: &str) -> (String, String) {
        let body = json!({"pluginKey": "dev-plugin-key", "memberId": member, "memberHash": member_hash(SECRET, member)});
        let (status, reply) = self.call("POST", "/front/v1/boot", None, Some(&body));
        assert_eq!(status, 200, "{reply}");
        (reply["sessionToken"].as_str().unwrap().to_owned(), reply["user"]["id"].as_str().unwrap().to_owned())
    }

    fn track(&self, token: &str, from: usize, count: usize) -> u16 {
        let now = chrono::Utc::now().timestamp_millis();
        let event =
            |n| json!({"id": format!("e{n}"), "name": "PageView", "createdAt": now, "property": {"n": n}});
        let events: Vec<_> = (from..from + count).map(event).collect();
        self.call("POST", "/front/v1/events", Some(token), Some(&json!({ "events": events }))).0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// Items in the partition of a life, straight from the folder's engine. The server must be stopped.
fn items_of(folder: &Path, record: &str) -> usize {
    let engine = okyaku_local::engine::Engine::file(folder).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = engine.client();
        let value = aws_sdk_dynamodb::types::AttributeValue::S(format!("C#dec0de00000000000000#{record}"));
        let query = client.query().table_name("okyaku").key_condition_expression("pk = :pk");
        let pages = query.expression_attribute_values(":pk", value).into_paginator().items().send();
        pages.try_collect().await.unwrap().len()
    })
}

#[test]
fn acknowledged_events_survive_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    let (token, _) = server.boot("lee");
    for n in 0..5 {
        assert_eq!(server.track(&token, 10 * n, 10), 200);
    }
    server.kill();
    let server = Server::start(folder.path());
    let (status, glance) = server.call("GET", "/okyaku/v1/contacts/@lee", None, None);
    assert_eq!((status, &glance["events"]["counts"]["PageView"]), (200, &json!(50)));
    // The keys are the folder's too: the session goes on.
    assert_eq!(server.track(&token, 50, 1), 200);
}

#[test]
fn erasure_killed_midway_is_finished_by_the_next_process() {
    // A fast machine may erase everything before the kill. Then it gets twice the events.
    let (folder, token, record) = [20, 40, 80, 160]
        .into_iter()
        .find_map(|batches| {
            let folder = tempfile::tempdir().unwrap();
            let server = Server::start(folder.path());
            let (token, record) = server.boot("lee");
            for n in 0..batches {
                assert_eq!(server.track(&token, 100 * n, 100), 200);
            }
            assert_eq!(server.call("DELETE", "/open/v5/users/@lee", None, None).0, 204);
            server.kill();
            (items_of(folder.path(), &record) > 1).then_some((folder, token, record))
        })
        .expect("it was too fast to be cut off");

    let server = Server::start(folder.path());
    assert_eq!(server.call("GET", "/open/v5/users/@lee", None, None).0, 404);
    assert_eq!(server.track(&token, 0, 5), 409);
    // The sweep runs every second; nothing tells from outside when it is done, so its work is looked at in the end.
    let deadline = Instant::now() + Duration::from_secs(120);
    let mut server = Some(server);
    loop {
        std::thread::sleep(Duration::from_secs(3));
        server.take().unwrap().kill();
        let left = items_of(folder.path(), &record);
        server = Some(Server::start(folder.path()));
        if left == 1 {
            break;
        }
        assert!(Instant::now() < deadline, "{left} items are still there");
    }
    // Only the tombstone is left, and the member begins anew.
    let server = server.unwrap();
    let (_, again) = server.boot("lee");
    assert_ne!(again, record);
}

#[test]
fn list_is_erased_from_the_command_line_and_again_harmlessly() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let server = Server::start(&data);
    for member in ["lee", "kim", "park"] {
        server.boot(member);
    }
    server.kill();
    let list = folder.path().join("gone.csv");
    std::fs::write(&list, "name,memberId\nLee,lee\nKim,kim\nNobody,ghost\nWrong,a b\n").unwrap();
    let erase = |more: &[&str]| {
        let command = Command::new(env!("CARGO_BIN_EXE_okyaku"))
            .arg("--data")
            .arg(&data)
            .arg("erase")
            .arg(&list)
            .args(more)
            .output();
        let output = command.unwrap();
        let counts = String::from_utf8(output.stdout).unwrap();
        let counts: Vec<usize> =
            counts.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
        (output.status.success(), counts)
    };
    // The names; erased, before, unknown; and one line that names nobody.
    assert_eq!(erase(&["--dry-run"]), (false, vec![4, 2, 0, 1, 1]));
    assert_eq!(erase(&[]), (false, vec![4, 2, 0, 1, 1]));
    assert_eq!(erase(&[]), (false, vec![4, 0, 3, 0, 1]));
    std::fs::write(&list, "lee\nghost\n").unwrap();
    assert_eq!(erase(&[]), (true, vec![2, 0, 2, 0]));

    let server = Server::start(&data);
    let status = |member: &str| server.call("GET", &format!("/open/v5/users/@{member}"), None, None).0;
    assert_eq!((status("lee"), status("kim"), status("park")), (404, 404, 200));
    assert_eq!(server.call("PUT", "/open/v5/users/@ghost", None, Some(&json!({}))).0, 409);
}

#[test]
fn example_delivery_is_signed_and_current_and_forgery_fails() {
    let server = Server::start_with(&mut okyaku(&["--port", "0", "--data", "memory"]));
    let send = |args: &[&str]| {
        let (success, answer, complaint) =
            finish(okyaku(&[&["send-webhook", "--to", &server.base], args].concat()));
        (success, answer.split_whitespace().next().unwrap_or_default().to_owned(), complaint)
    };
    let sent = (true, "200".to_owned(), String::new());
    assert_eq!(send(&["shopify", "customers/create"]), sent);
    assert_eq!(send(&["cafe24", "90032"]), sent);
    let member = |id: &str| server.call("GET", &format!("/open/v5/users/@{id}"), None, None);
    let (status, reply) = member("7064055069");
    assert_eq!((status, &reply["user"]["profile"]["email"]), (200, &json!("lee@example.com")), "{reply}");
    let (status, reply) = member("lee01");
    assert_eq!(
        (status, &reply["user"]["profile"]["mobileNumber"]),
        (200, &json!("+821024682468")),
        "{reply}"
    );

    // An order of an hour ago or of the day the example was written would be one of another month sooner or later.
    assert_eq!(send(&["shopify", "orders/create"]), sent);
    let (_, events) = server.call("GET", "/open/v5/users/@7064055069/events", None, None);
    let ordered = events["events"][0]["createdAt"].as_i64().unwrap_or_else(|| panic!("{events}"));
    assert!((0..3_600_000).contains(&(chrono::Utc::now().timestamp_millis() - ordered)), "{events}");

    for forged in [
        ["shopify", "customers/delete", "--secret", "another-secret"],
        ["cafe24", "90147", "--token", "another-token"],
        ["cafe24", "90147", "--shop", "anothermall"],
    ] {
        let (success, status, complaint) = send(&forged);
        assert_eq!((success, status.as_str()), (false, "401"), "{forged:?} {complaint}");
    }
    assert_eq!((member("7064055069").0, member("lee01").0), (200, 200));
    let (success, status, complaint) = send(&["shopify", "customers/forget"]);
    assert!(!success && status.is_empty() && complaint.contains("customers/redact, "), "{complaint}");
}

#[test]
fn admin_function_runs_on_a_folder_and_on_a_table() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let list = r#"{"action":"listChannels"}"#;
    let create = r#"{"action":"createChannel","name":"Tea shop"}"#;
    let (success, answer, _) = finish(okyaku(&["--data", data, "admin", create]));
    let created: Value = serde_json::from_str(&answer).unwrap();
    assert!(success && created["accessSecret"].is_string(), "{answer}");
    let (success, answer, _) = finish(okyaku(&["--data", data, "admin", list]));
    let listed: Value = serde_json::from_str(&answer).unwrap();
    assert_eq!((success, listed["channels"].as_array().map(Vec::len)), (true, Some(2)), "{answer}");

    let wrong = r#"{"action":"createChannel","name":"Tea shop","region":"Korea"}"#;
    for (command, complaint) in [(wrong, "region: must be"), ("{", "not JSON"), ("{}", "action: must be")] {
        let (success, answer, told) = finish(okyaku(&["--data", data, "admin", command]));
        assert!(!success && answer.is_empty() && told.contains(complaint), "{command} {told}");
    }
    let (success, _, told) = finish(okyaku(&["--data", "memory", "admin", list]));
    assert!(!success && told.contains("memory is gone"), "{told}");

    let keyed = |args: &[&str]| {
        let mut command = okyaku(args);
        command
            .env("OKYAKU_HASH_KEY", "a".repeat(64))
            .env("OKYAKU_TOKEN_KEY", format!("k1:{}", "b".repeat(64)));
        command
    };
    let port = free_port();
    let mut command = keyed(&["--port", "0", "--data", "memory", "--engine-port", &port]);
    let server = Server::start_with(command.env("OKYAKU_ENGINE_KEY", ENGINE_KEY));
    let engine = format!("http://127.0.0.1:{port}");
    let mut command = keyed(&["--dynamodb", &engine, "admin", create]);
    command.env("AWS_ACCESS_KEY_ID", ENGINE_KEY);
    let (success, answer, told) = finish(command);
    assert!(success, "{told}");
    let created: Value = serde_json::from_str(&answer).unwrap();
    let body = json!({ "pluginKey": created["pluginKey"] });
    assert_eq!(server.call("POST", "/front/v1/boot", None, Some(&body)).0, 200, "{answer}");
}

/// A port that nothing listens on, as the system chooses them.
fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}

#[test]
fn commands_work_beside_a_running_server() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_str().unwrap();
    let server = Server::start(folder.path());
    server.boot("lucas");
    // Options may follow the subcommand.
    let (done, out, err) = finish(okyaku(&["admin", r#"{"action":"listChannels"}"#, "--data", data]));
    assert!(done, "{err}");
    assert!(out.contains("Development"), "{out}");
    let (done, _, err) = finish(okyaku(&["admin", r#"{"action":"setName"}"#, "--data", data]));
    assert!(!done && err.contains("channelId: is required by setName"), "{err}");

    let list = folder.path().join("gone.csv");
    std::fs::write(&list, "lucas\n").unwrap();
    let (done, out, err) = finish(okyaku(&["erase", list.to_str().unwrap(), "--data", data]));
    assert!(done && out.contains("1  erased\n"), "{out}{err}");
    let (status, _) = server.call("GET", "/open/v5/users/@lucas", None, None);
    assert_eq!(status, 404);

    // With other keys the command would write customers that the server does not find.
    let mut other = okyaku(&["admin", r#"{"action":"listChannels"}"#, "--data", data]);
    other
        .env("OKYAKU_HASH_KEY", "a-hash-key-of-another-place-32-ch")
        .env("OKYAKU_TOKEN_KEY", "k1:a-token-key-of-another-place-32-chars");
    let (done, _, err) = finish(other);
    assert!(!done && err.contains("has the keys of its folder"), "{err}");
}

/// Calls the engine's port with these headers, as any program of this machine can, and returns the status.
fn list_tables(url: &str, headers: &[(&str, &str)]) -> u16 {
    let request = http::Request::post(url).header("x-amz-target", "DynamoDB_20120810.ListTables");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
    ureq::Agent::from(agent).run(request.body("{}").unwrap()).unwrap().status().as_u16()
}

fn signed_by(key: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential={key}/20261122/us-east-1/dynamodb/aws4_request, Signature=0")
}

#[test]
fn engine_of_a_running_server_answers_only_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let _server = Server::start(folder.path());
    let file = folder.path().join("running.json");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    }
    let running: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let url = running["engine"]["url"].as_str().unwrap();
    let right = signed_by(running["engine"]["key"].as_str().unwrap());
    assert_eq!(list_tables(url, &[("authorization", &right)]), 200);
    assert_eq!(list_tables(url, &[]), 403);
    assert_eq!(list_tables(url, &[("authorization", &signed_by("local"))]), 403);
    assert_eq!(list_tables(url, &[("authorization", &right), ("origin", "https://shop.example.com")]), 403);
    assert_eq!(list_tables(url, &[("authorization", &right), ("host", "shop.example.com")]), 403);
}

/// The ports on which a process listens.
#[cfg(target_os = "linux")]
fn listening(process: u32) -> Vec<String> {
    let inodes: Vec<String> = std::fs::read_dir(format!("/proc/{process}/fd"))
        .unwrap()
        .filter_map(|entry| std::fs::read_link(entry.unwrap().path()).ok())
        .filter_map(|link| Some(link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.to_owned()))
        .collect();
    let table = std::fs::read_to_string(format!("/proc/{process}/net/tcp")).unwrap();
    let sockets = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let own = sockets.filter(|socket| socket[3] == "0A" && inodes.iter().any(|inode| inode == socket[9]));
    own.map(|socket| socket[1].to_owned()).collect()
}

#[cfg(target_os = "linux")]
#[test]
fn engine_in_memory_has_no_port() {
    let server = Server::start_with(&mut okyaku(&["--port", "0", "--data", "memory"]));
    assert_eq!(listening(server.child.id()).len(), 1, "the server's own port");
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path());
    assert_eq!(listening(server.child.id()).len(), 2, "and the port for commands");
}

#[test]
fn used_port_is_answered_with_the_way_out() {
    let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let (done, _, err) = finish(okyaku(&["--data", "memory", "--port", &port]));
    assert!(!done && err.contains("choose another port with --port"), "{err}");
}

#[test]
fn region_and_origin_set_the_development_channel() {
    let mut command = okyaku(&["--port", "0", "--data", "memory", "--region", "JP", "--origin", "null"]);
    let server = Server::start_with(&mut command);
    let body = json!({"profile": {"mobileNumber": "090-1234-5678"}});
    let (status, reply) = server.call("PUT", "/open/v5/users/@lee", None, Some(&body));
    assert_eq!((status, &reply["user"]["mobileNumber"]), (200, &json!("+819012345678")));
}
