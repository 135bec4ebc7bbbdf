//! Alarms and dashboard read metrics and log fields that exist, of resources that exist, within what is free.

use std::collections::{BTreeMap, BTreeSet};

use okyaku_engine::metrics::{self, NAMESPACE};
use serde_json::{Value, json};

/// The fields of the log line of a request.
const LOG_FIELDS: [&str; 10] =
    ["message", "route", "channel", "status", "ms", "calls", "units", "request_id", "events", "rejected"];
/// What an account has for nothing: metrics read by alarms, and metrics on one dashboard.
const FREE_ALARM_METRICS: usize = 10;
const FREE_DASHBOARD_METRICS: usize = 50;

/// The metrics of AWS that are used, by namespace, with the dimensions they have. CloudWatch does not refuse an alarm
/// on a metric that nobody writes: it would be silent for ever.
fn known(namespace: &str, metric: &str) -> &'static [&'static [(&'static str, &'static str)]] {
    const API: &[(&str, &str)] = &[("ApiId", "AWS::Serverless::HttpApi")];
    const FUNCTION: &[(&str, &str)] = &[("FunctionName", "AWS::Serverless::Function")];
    const TABLE: &[(&str, &str)] = &[("TableName", "AWS::DynamoDB::Table")];
    const INDEX: &[(&str, &str)] = &[("TableName", "AWS::DynamoDB::Table"), ("GlobalSecondaryIndexName", "")];
    match (namespace, metric) {
        ("AWS/ApiGateway", "Count" | "4xx" | "5xx" | "Latency") => &[API],
        ("AWS/Lambda", "Errors" | "Throttles" | "ConcurrentExecutions") => &[FUNCTION, &[]],
        ("AWS/DynamoDB", "ConsumedReadCapacityUnits" | "ConsumedWriteCapacityUnits") => &[TABLE, INDEX],
        ("AWS/DynamoDB", "ReadThrottleEvents" | "WriteThrottleEvents") => &[TABLE, INDEX],
        (NAMESPACE, own) if metrics::Metric::ALL.iter().any(|metric| metric.name() == own) => {
            &[&[("Stack", "")]]
        }
        _ => panic!("nobody writes {namespace} {metric}"),
    }
}

fn template() -> Value {
    serde_saphyr::from_str(include_str!("../../template.yaml")).unwrap()
}

fn of_type<'a>(template: &'a Value, kind: &str) -> BTreeMap<&'a str, &'a Value> {
    let resources = template["Resources"].as_object().unwrap().iter();
    resources.filter(|(_, resource)| resource["Type"] == kind).map(|(name, r)| (name.as_str(), r)).collect()
}

/// The name of a log group: `!Ref` and `!Sub` leave their text alone when their tags are dropped.
fn name_in(reference: &str) -> &str {
    reference.strip_prefix("${").and_then(|name| name.strip_suffix('}')).unwrap_or(reference)
}

/// Checks one metric and its dimensions, whose values are names of resources.
fn check(template: &Value, place: &str, namespace: &str, metric: &str, dimensions: &[(String, String)]) {
    let fits = |wanted: &[(&str, &str)]| {
        wanted.len() == dimensions.len()
            && wanted.iter().zip(dimensions).all(|((name, kind), (given, value))| {
                let value = name_in(value);
                name == given
                    && match *name {
                        "Stack" => value == "AWS::StackName",
                        "GlobalSecondaryIndexName" => {
                            let indexes =
                                &template["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"];
                            indexes.as_array().unwrap().iter().any(|index| index["IndexName"] == value)
                        }
                        _ => template["Resources"][value]["Type"] == *kind,
                    }
            })
    };
    assert!(
        known(namespace, metric).iter().any(|wanted| fits(wanted)),
        "{place}: {metric} of {dimensions:?}"
    );
}

struct Metric {
    namespace: String,
    name: String,
    dimensions: Vec<(String, String)>,
}

/// The value of a condition that does not hold by default, as the last value of its `!If`.
fn by_default(value: &Value) -> &Value {
    value.as_array().and_then(|choices| choices.last()).unwrap_or(value)
}

/// Every metric that an alarm reads.
fn alarm_metrics(alarm: &Value) -> Vec<Metric> {
    let properties = &alarm["Properties"];
    let single = || vec![properties];
    let several = |list: &'static str| {
        let all = properties[list].as_array().unwrap().iter();
        all.map(|metric| &metric["MetricStat"]["Metric"]).filter(|metric| !metric.is_null()).collect()
    };
    let read = if properties["Metrics"].is_null() { single() } else { several("Metrics") };
    let metrics = read.into_iter().map(|metric| {
        let dimensions = metric["Dimensions"].as_array().cloned().unwrap_or_default();
        let dimensions =
            dimensions.iter().map(|d| (text(&d["Name"]), text(by_default(&d["Value"])))).collect();
        Metric { namespace: text(&metric["Namespace"]), name: text(&metric["MetricName"]), dimensions }
    });
    metrics.collect()
}

#[test]
fn alarms_read_at_most_ten_metrics_all_of_them_written() {
    let template = template();
    let mut read = 0;
    for (name, alarm) in of_type(&template, "AWS::CloudWatch::Alarm") {
        for metric in alarm_metrics(alarm) {
            check(&template, name, &metric.namespace, &metric.name, &metric.dimensions);
            read += 1;
        }
    }
    assert!((1..=FREE_ALARM_METRICS).contains(&read), "{read}");
}

#[test]
fn alarms_have_description_topic_and_handbook_section() {
    let template = template();
    let handbook = include_str!("../../docs/guides/OPERATIONS.md");
    let topic = json!(["HasAlarmEmail", ["AlarmTopic"], "AWS::NoValue"]);
    for (name, alarm) in of_type(&template, "AWS::CloudWatch::Alarm") {
        let properties = &alarm["Properties"];
        assert!(properties["AlarmDescription"].is_string(), "{name}");
        assert!(properties["TreatMissingData"].is_string(), "{name}");
        assert!(matches!(alarm["Condition"].as_str(), Some("HasAlarms" | "HasWriteCeilingAlarm")), "{name}");
        assert_eq!(properties["AlarmActions"], topic, "{name}");
        assert_eq!(properties["OKActions"], topic, "{name}");
        assert!(handbook.contains(&format!("### {name}\n")), "{name} is not in docs/guides/OPERATIONS.md");
    }
    let headings = handbook.lines().filter_map(|line| line.strip_prefix("### "));
    for heading in headings.filter(|heading| heading.ends_with("Alarm")) {
        assert_eq!(template["Resources"][heading]["Type"], "AWS::CloudWatch::Alarm", "{heading}");
    }
}

#[test]
fn missing_sweep_is_an_alarm() {
    let template = template();
    let erasures = &template["Resources"]["ErasuresAlarm"]["Properties"];
    assert_eq!(erasures["TreatMissingData"], "breaching");
    // Only a metric that every run writes may be missed.
    assert_eq!(erasures["MetricName"], "OldestErasureSeconds");
}

/// The metrics' rows repeat nothing here: every row is written out, without CloudWatch's dots.
#[test]
fn widgets_read_at_most_fifty_metrics_all_of_them_written() {
    let template = template();
    let mut read = 0;
    for widget in widgets(&template).iter().filter(|widget| widget["type"] == "metric") {
        let title = widget["properties"]["title"].as_str().unwrap();
        for row in widget["properties"]["metrics"].as_array().unwrap() {
            let row: Vec<&str> = row.as_array().unwrap().iter().filter_map(Value::as_str).collect();
            // A row without texts is an expression over others.
            let [namespace, metric, dimensions @ ..] = row.as_slice() else { continue };
            let dimensions: Vec<_> =
                dimensions.chunks(2).map(|pair| (pair[0].to_owned(), pair[1].to_owned())).collect();
            check(&template, title, namespace, metric, &dimensions);
            read += 1;
        }
    }
    assert!((1..=FREE_DASHBOARD_METRICS).contains(&read), "{read}");
}

#[test]
fn every_metric_of_ours_is_shown() {
    let template = template();
    let shown: BTreeSet<String> = widgets(&template)
        .iter()
        .flat_map(|widget| widget["properties"]["metrics"].as_array().cloned().unwrap_or_default())
        .filter(|row| row[0] == "Okyaku")
        .map(|row| row[1].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(shown, metrics::Metric::ALL.map(|metric| metric.name().to_owned()).into());
}

#[test]
fn widgets_do_not_overlap() {
    let mut taken = BTreeSet::new();
    for widget in widgets(&template()) {
        let at = |key: &str| widget[key].as_u64().unwrap();
        for x in at("x")..at("x") + at("width") {
            assert!(x < 24, "{}", widget["properties"]["title"]);
            for y in at("y")..at("y") + at("height") {
                assert!(taken.insert((x, y)), "{}", widget["properties"]["title"]);
            }
        }
    }
}

/// The widgets. References stay as text, but for the two ceilings, which are numbers.
fn widgets(template: &Value) -> Vec<Value> {
    let body =
        template["Resources"]["OperationsDashboard"]["Properties"]["DashboardBody"][0].as_str().unwrap();
    // The name of the table in use, which is the stack's own table by default.
    let body = body.replace("${TableName}", "${Table}");
    for reference in body.split("${").skip(1).map(|rest| rest.split('}').next().unwrap()) {
        let exists = reference.starts_with("AWS::")
            || !template["Resources"][reference].is_null()
            || !template["Parameters"][reference].is_null();
        assert!(exists, "the dashboard names {reference}");
    }
    let body = body.replace("${MaxWriteUnits}", "1").replace("${MaxReadUnits}", "1");
    let body: Value = serde_json::from_str(&body).unwrap();
    body["widgets"].as_array().unwrap().clone()
}

/// The log groups and the words of a query that could be fields: whatever is no text, number, function or alias.
fn parse_query(query: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    const WORDS: [&str; 18] = [
        "and",
        "or",
        "filter",
        "stats",
        "sort",
        "limit",
        "by",
        "as",
        "desc",
        "asc",
        "fields",
        "count",
        "sum",
        "max",
        "min",
        "avg",
        "pct",
        "ispresent",
    ];
    let sources = query.split("SOURCE '").skip(1);
    let groups = sources.map(|rest| name_in(rest.split('\'').next().unwrap()).to_owned()).collect();
    // Texts out: every second part between quotes.
    let bare: String = query.split('\'').step_by(2).collect::<Vec<_>>().join(" ").replace("SOURCE", " ");
    let words: Vec<&str> = bare
        .split(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '@')))
        .filter(|word| !word.is_empty() && word.parse::<u64>().is_err())
        .collect();
    let aliases: BTreeSet<&str> =
        words.windows(2).filter(|pair| pair[0] == "as").map(|pair| pair[1]).collect();
    let fields = words.iter().filter(|word| !WORDS.contains(word) && !aliases.contains(*word));
    (groups, fields.map(|word| (*word).to_owned()).collect())
}

#[test]
fn queries_read_log_groups_of_functions_and_logged_fields() {
    let template = template();
    let widgets = widgets(&template);
    let queries: Vec<_> = widgets.iter().filter(|widget| widget["type"] == "log").collect();
    // Every function that answers a route.
    let routed = of_type(&template, "AWS::Serverless::Function").into_values().filter(|function| {
        let events = function["Properties"]["Events"].as_object();
        events.is_some_and(|events| events.values().any(|event| event["Type"] == "HttpApi"))
    });
    let of_requests: BTreeSet<String> =
        routed.map(|function| text(&function["Properties"]["LoggingConfig"]["LogGroup"])).collect();
    let of_events = BTreeSet::from(["TrackLogs".to_owned()]);
    for widget in &queries {
        let (groups, fields) = parse_query(widget["properties"]["query"].as_str().unwrap());
        let title = &widget["properties"]["title"];
        let whole = if fields.contains("events") { &of_events } else { &of_requests };
        assert_eq!(&groups, whole, "{title}");
        for field in &fields {
            assert!(LOG_FIELDS.contains(&field.as_str()), "{field} in {title}");
        }
    }
    assert!(queries.len() >= 4);
}

#[test]
fn handbook_queries_read_logged_fields() {
    // Beside a request's line: what any line has, and the lines of sweep and of errors.
    const OTHERS: [&str; 14] = [
        "@timestamp",
        "@message",
        "@log",
        "level",
        "cause",
        "error",
        "erasure",
        "open",
        "finished",
        "deleted",
        "timestamp",
        "type",
        "record",
        "errorType",
    ];
    let handbook = include_str!("../../docs/guides/OPERATIONS.md");
    let queries: Vec<&str> =
        handbook.split("```text\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
    assert!(queries.len() >= 4);
    for query in queries {
        for field in parse_query(query).1 {
            let known = LOG_FIELDS.contains(&field.as_str()) || OTHERS.contains(&field.as_str());
            assert!(known, "{field} in {query}");
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

#[test]
fn every_function_logs_into_its_own_group_with_retention() {
    let template = template();
    let mut groups = BTreeSet::new();
    for (name, function) in of_type(&template, "AWS::Serverless::Function") {
        let group = text(&function["Properties"]["LoggingConfig"]["LogGroup"]);
        assert_eq!(template["Resources"][&group]["Type"], "AWS::Logs::LogGroup", "{name}");
        assert_eq!(
            template["Resources"][&group]["Properties"]["RetentionInDays"], "LogRetentionDays",
            "{name}"
        );
        assert!(groups.insert(group), "{name} shares its log group");
    }
}

/// Lambda takes a line without a time of its own for INFO, whatever its level, and drops it above that: the metrics,
/// which are such lines, and the errors would be gone.
#[test]
fn lambda_keeps_every_line_of_a_function() {
    let template = template();
    let function = &template["Globals"]["Function"];
    assert_eq!(function["LoggingConfig"]["LogFormat"], "JSON");
    assert_eq!(function["LoggingConfig"]["ApplicationLogLevel"], "INFO");
    let variables = &function["Environment"]["Variables"];
    assert_eq!(variables["RUST_LOG"], "LogLevel");
    assert_eq!(variables["OKYAKU_STACK"], "AWS::StackName");
}
