//! What a function may do is said three times and must be the same: by its store's type, by the template's policy, and
//! by the calls it makes.

use std::collections::{BTreeMap, BTreeSet};

use okyaku_domain::limit::CLAIMS_INLINE;
use okyaku_store::access::Access;
use okyaku_store::items::erasure;
use serde_json::{Value, json};
use support::{NOW, Shop, development_channel};

fn of_types() -> BTreeMap<&'static str, BTreeSet<String>> {
    let set = |actions: &[&str]| actions.iter().map(|action| (*action).to_owned()).collect();
    [
        ("BootFunction", set(okyaku_boot::Access::ACTIONS)),
        ("TrackFunction", set(okyaku_track::Access::ACTIONS)),
        ("LeadFunction", set(okyaku_lead::Access::ACTIONS)),
        ("EraseFunction", set(okyaku_erase::Access::ACTIONS)),
        ("WebhookFunction", set(okyaku_webhook::Access::ACTIONS)),
        ("ContactsFunction", set(okyaku_contacts::Access::ACTIONS)),
        ("SweepFunction", set(okyaku_sweep::Access::ACTIONS)),
        ("AdminFunction", set(okyaku_admin::Access::ACTIONS)),
        ("AssetsFunction", BTreeSet::new()),
    ]
    .into()
}

fn template() -> Value {
    serde_saphyr::from_str(include_str!("../../template.yaml")).unwrap()
}

#[test]
fn policies_list_exactly_the_actions_of_their_function_type() {
    let template = template();
    for (function, actions) in of_types() {
        let mut granted = BTreeSet::new();
        let policies =
            template["Resources"][function]["Properties"]["Policies"].as_array().cloned().unwrap_or_default();
        for statement in policies.iter().flat_map(|policy| policy["Statement"].as_array().unwrap()) {
            assert_eq!(statement["Effect"], "Allow");
            for action in statement["Action"].as_array().unwrap() {
                let action = action.as_str().unwrap();
                granted.insert(
                    action.strip_prefix("dynamodb:").unwrap_or_else(|| panic!("{action}")).to_owned(),
                );
            }
        }
        assert_eq!(granted, actions, "{function}");
    }
}

#[test]
fn delete_is_permitted_to_erase_and_sweep_only() {
    for (function, actions) in of_types() {
        let may = matches!(function, "EraseFunction" | "SweepFunction");
        assert_eq!(actions.contains("DeleteItem"), may, "{function}");
    }
}

#[test]
fn writers_never_run_longer_than_the_last_sweep_waits() {
    let template = template();
    let default = template["Globals"]["Function"]["Timeout"].as_i64().unwrap();
    for function in ["BootFunction", "TrackFunction", "LeadFunction"] {
        let own = template["Resources"][function]["Properties"]["Timeout"].as_i64();
        assert!(own.unwrap_or(default) * 1000 <= okyaku_domain::erasure::LONGEST_TIMEOUT, "{function}");
    }
}

#[test]
fn table_of_the_template_is_the_one_that_the_store_creates() {
    let template = template();
    let table = &template["Resources"]["Table"]["Properties"];
    let keys = |schema: &Value| {
        let keys = schema.as_array().unwrap().iter();
        keys.map(|key| (key["AttributeName"].clone(), key["KeyType"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(keys(&table["KeySchema"]), [(json!("pk"), json!("HASH")), (json!("sk"), json!("RANGE"))]);
    let index = &table["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexName"], okyaku_store::items::customer::CONTACTS_INDEX);
    assert_eq!(keys(&index["KeySchema"]), [(json!("lpk"), json!("HASH")), (json!("lsk"), json!("RANGE"))]);
    let projection = json!({"ProjectionType": "INCLUDE", "NonKeyAttributes": ["fd"]});
    assert_eq!(index["Projection"], projection);
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], "ttl");
}

/// AWS keeps an earlier maximum if a template leaves the property out. -1 lifts the maximum.
#[test]
fn maximum_of_0_lifts_an_earlier_maximum() {
    let template = template();
    let most = &template["Resources"]["Table"]["Properties"]["OnDemandThroughput"];
    for (property, condition) in
        [("MaxReadRequestUnits", "HasMaxReadUnits"), ("MaxWriteRequestUnits", "HasMaxWriteUnits")]
    {
        let choice = most[property].as_array().unwrap();
        assert_eq!((&choice[0], &choice[2]), (&json!(condition), &json!(-1)), "{property}");
    }
    // The index has a maximum of its own for reads, and the table's for writes.
    let table = &template["Resources"]["Table"]["Properties"];
    for index in table["GlobalSecondaryIndexes"].as_array().unwrap() {
        let choice = json!({"MaxReadRequestUnits": ["HasMaxReadUnits", 12000, -1]});
        assert_eq!(index["OnDemandThroughput"], choice);
    }
    // No other property of the table is left out by a condition: on a deployed table, left out means unchanged.
    assert!(!table.to_string().contains("AWS::NoValue"), "{table}");
    // A text is left out nowhere else either: an emptied parameter empties the variable.
    let variables = &template["Globals"]["Function"]["Environment"]["Variables"];
    let left_out: Vec<&String> = variables
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, value)| value.to_string().contains("AWS::NoValue"))
        .map(|(name, _)| name)
        .collect();
    assert_eq!(left_out, ["AWS_ENDPOINT_URL_DYNAMODB"]);
}

/// What IAM is asked for: an action, and the partition that it is for (`dynamodb:LeadingKeys`).
fn needed(operation: &str, request: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value["S"].as_str().unwrap().to_owned();
    let of = |action: &str, part: &Value| {
        let key = if part["Item"].is_null() { &part["Key"] } else { &part["Item"] };
        (action.to_owned(), text(&key["pk"]))
    };
    let each = |value: &Value| value.as_object().cloned().unwrap_or_default();
    match operation {
        "TransactWriteItems" => {
            let items = request["TransactItems"].as_array().unwrap().iter().flat_map(each);
            items
                .map(|(kind, part)| match kind.as_str() {
                    "ConditionCheck" => of("ConditionCheckItem", &part),
                    kind => of(&format!("{kind}Item"), &part),
                })
                .collect()
        }
        "BatchWriteItem" => {
            let writes = each(&request["RequestItems"]).into_values();
            let writes =
                writes.flat_map(|writes| writes.as_array().cloned().unwrap()).flat_map(|write| each(&write));
            writes.map(|(_, write)| of(operation, &write)).collect()
        }
        "BatchGetItem" => {
            let keys = each(&request["RequestItems"]).into_values();
            let keys = keys.flat_map(|table| table["Keys"].as_array().cloned().unwrap());
            keys.map(|key| (operation.to_owned(), text(&key["pk"]))).collect()
        }
        "Query" => vec![(operation.to_owned(), text(&request["ExpressionAttributeValues"][":pk"]))],
        "Scan" => vec![(operation.to_owned(), String::new())],
        _ => vec![of(operation, request)],
    }
}

/// The partitions that a function's policy allows for each action; `*` for any.
fn partitions(template: &Value, function: &str) -> BTreeMap<String, Vec<String>> {
    let policies = template["Resources"][function]["Properties"]["Policies"].as_array().cloned();
    let mut allowed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for statement in policies.iter().flatten().flat_map(|policy| policy["Statement"].as_array().unwrap()) {
        let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
        let keys = keys.as_array().map_or_else(
            || vec!["*".to_owned()],
            |keys| keys.iter().map(|key| key.as_str().unwrap().to_owned()).collect(),
        );
        for action in statement["Action"].as_array().unwrap() {
            let action = action.as_str().unwrap().trim_start_matches("dynamodb:").to_owned();
            allowed.entry(action).or_default().extend(keys.clone());
        }
    }
    allowed
}

/// As IAM's `StringLike` reads a pattern: `*` is any text, also none.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).any(|at| text.is_char_boundary(at) && is_like(rest, &text[at..]))
        }),
    }
}

#[test]
fn pattern_is_read_as_iam_reads_it() {
    for (pattern, text, is) in [
        ("CH", "CH", true),
        ("CH", "CHX", false),
        ("C#*", "C#c#1", true),
        ("C#*", "CH", false),
        ("M#*#*#*", "M#c#202611#3", true),
        ("M#*#*#*", "M#c", false),
        ("M#*#*#*", "M#", false),
    ] {
        assert_eq!(is_like(pattern, text), is, "{pattern} {text}");
    }
}

#[test]
fn pages_functions_reach_no_channel_credential_or_erasure_to_write() {
    let template = template();
    let (job, receipt) = (erasure::job("0").pk, erasure::receipt(&development_channel(), "0", NOW).pk);
    for function in ["BootFunction", "TrackFunction", "LeadFunction"] {
        for (action, patterns) in partitions(&template, function) {
            let writes = !matches!(action.as_str(), "GetItem" | "BatchGetItem" | "Query");
            // Channels, credentials, the key check, jobs and receipts of erasures, owners of orders, data requests.
            for kept in [
                "CH",
                "K#plugin#k",
                "K#access#k",
                "K#webhook#k",
                "K#shop#k",
                "KEY",
                &job,
                &receipt,
                "O#c#h",
                "M#c",
                "M#",
                "Q#c",
            ] {
                let reads = matches!(kept, "CH" | "K#plugin#k" | "K#access#k" | "KEY") && !writes;
                let is_allowed = patterns.iter().any(|pattern| is_like(pattern, kept));
                assert!(!is_allowed || reads, "{function} may {action} {kept}");
            }
            // Every start looks at the key check.
            assert!(action != "GetItem" || patterns.contains(&"KEY".to_owned()), "{function}");
        }
    }
}

#[tokio::test]
async fn function_calls_what_its_policy_lists_and_nothing_else() {
    let shop = Shop::open().await;
    let types = of_types();
    let mut used: BTreeMap<&str, BTreeSet<(String, String)>> = BTreeMap::new();
    macro_rules! calls {
        ($function:literal, $work:expr) => {{
            shop.recorder.reset();
            let done = $work;
            for call in shop.recorder.calls() {
                used.entry($function).or_default().extend(needed(&call.operation, &call.request));
            }
            done
        }};
    }
    let event = |id: &str, name: &str| json!({"id": id, "name": name, "createdAt": NOW});
    let visitor = calls!("BootFunction", shop.boot(json!({"profile": {"email": "v@example.com"}})).await);
    let body = json!({"veilId": visitor.body["veilId"], "profile": {"email": "lee@example.com"}});
    let member = calls!("BootFunction", shop.boot_member("lee", body).await);
    let token = member.str("/sessionToken").to_owned();
    calls!(
        "TrackFunction",
        shop.track(&token, json!([event("1", "CheckoutComplete")])).await.expect(200).clone()
    );
    let body = json!({"events": [event("1", "A"), event("2", "A")], "attempt": 2});
    calls!(
        "TrackFunction",
        shop.page("POST", "/front/v1/events", &token).json(body).await.expect(200).clone()
    );
    // An instance that knows no key yet looks it up.
    let put = json!({"profile": {"grade": "gold"}});
    let fresh = shop.another_instance();
    calls!("BootFunction", fresh.server("PUT", "/open/v5/users/@kim").json(put).await.expect(200).clone());
    let fresh = shop.another_instance();
    let sent = json!({"name": "Call"});
    calls!(
        "TrackFunction",
        fresh.server("POST", "/open/v5/users/@kim/events").json(sent).await.expect(200).clone()
    );
    // What is dropped is counted, each time by another function.
    calls!("BootFunction", shop.boot(json!({"profile": {"email": "none"}})).await.expect(200).clone());
    calls!("TrackFunction", shop.track(&token, json!([{}])).await.expect(200).clone());
    let lead = json!({"profile": {"mobileNumber": 1}});
    let fresh = shop.another_instance();
    calls!("LeadFunction", fresh.server("POST", "/open/v5/users").json(lead).await.expect(422).clone());
    let lead = json!({"profile": {"email": "lead@example.com"}});
    calls!(
        "LeadFunction",
        shop.server("POST", "/open/v5/users").json(lead.clone()).await.expect(200).clone()
    );
    calls!("LeadFunction", shop.server("POST", "/open/v5/users").json(lead).await.expect(409).clone());
    // Only a claim beside the list of the address is left, so the lead looks for it.
    let claim = json!({"profile": {"email": "claimed@example.com"}});
    let mut claimants = Vec::new();
    for _ in 0..=CLAIMS_INLINE {
        claimants.push(shop.boot(claim.clone()).await.str("/user/id").to_owned());
    }
    for id in &claimants[..CLAIMS_INLINE] {
        let none = json!({"profile": {"email": null}});
        shop.server("PATCH", &format!("/open/v5/users/{id}")).json(none).await.expect(200);
    }
    calls!("LeadFunction", shop.server("POST", "/open/v5/users").json(claim).await.expect(409).clone());
    calls!(
        "ContactsFunction",
        shop.server("GET", "/okyaku/v1/contacts/@lee").send().await.expect(200).clone()
    );
    calls!(
        "ContactsFunction",
        shop.server("GET", "/okyaku/v1/contacts/@lee/export").send().await.expect(200).clone()
    );
    calls!(
        "ContactsFunction",
        shop.server("GET", "/okyaku/v1/actives?month=2026-11").send().await.expect(200).clone()
    );
    calls!("ContactsFunction", shop.server("GET", "/okyaku/v1/rejections").send().await.expect(200).clone());
    // The first checkout of a month marks the month.
    shop.clock.advance(10 * 24 * 60 * 60 * 1000);
    let checkout = json!([{"id": "3", "name": "CheckoutComplete", "createdAt": shop.clock.now_ms()}]);
    calls!("TrackFunction", shop.track(&token, checkout).await.expect(200).clone());
    let first = shop.events("@lee").await[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/open/v5/users/@lee/events/{first}");
    calls!("EraseFunction", shop.server("DELETE", &path).send().await.expect(204).clone());
    calls!("EraseFunction", shop.server("DELETE", "/open/v5/users/@lee").send().await.expect(204).clone());
    // Past the last sweep, and a month and a day: the sweep has a month to close too.
    shop.clock.advance(32 * 24 * 60 * 60 * 1000);
    calls!("SweepFunction", shop.sweep().await);
    let template = template();
    for (function, used) in used {
        let granted = &types[function];
        let actions: BTreeSet<String> = used.iter().map(|(action, _)| action.clone()).collect();
        assert!(actions.is_subset(granted), "{function} used {actions:?} of {granted:?}");
        let allowed = partitions(&template, function);
        for (action, partition) in &used {
            let is_allowed = allowed[action].iter().any(|pattern| is_like(pattern, partition));
            assert!(is_allowed, "{function} used {action} of {partition}, allowed is {:?}", allowed[action]);
        }
        // What is allowed to be read is read, and what is allowed to be written is written.
        let reads = |action: &str| matches!(action, "GetItem" | "BatchGetItem" | "Query");
        for (action, patterns) in &allowed {
            for pattern in patterns.iter().filter(|pattern| !matches!(pattern.as_str(), "*" | "KEY")) {
                let is_used = used
                    .iter()
                    .any(|(used, partition)| reads(used) == reads(action) && is_like(pattern, partition));
                assert!(is_used, "{function} may {action} {pattern} and does not");
            }
        }
    }
}
