//! The SDK's calls of an operation alone: as many, with the same conditions and items as large, on an engine in this
//! process, which is laid out as the local server is.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::builders::PutItemFluentBuilder;
use aws_sdk_dynamodb::types::{AttributeValue, PutRequest, ReturnConsumedCapacity, WriteRequest};
use futures_util::future::join_all;
use okyaku_benches::function::Shop;
use okyaku_benches::process::cpu;
use okyaku_benches::shop;

use crate::operation::Operation::{self, Again, First, Track};

type Item = HashMap<String, AttributeValue>;

/// One item of each kind, as the shop itself stored it.
struct Items {
    customer: Item,
    marker: Item,
    event: Item,
}

impl Items {
    async fn of(open: &Shop) -> Self {
        let _ = open.call(shop::EVENTS, shop::batch(1, &[(shop::number(), shop::now())], 1)).await;
        let all = open.client.scan().table_name("okyaku").send().await.unwrap().items.unwrap();
        let find = |pk: &str, sk: &str| {
            let begins = |item: &Item, name: &str, with: &str| item[name].as_s().unwrap().starts_with(with);
            all.iter().find(|item| begins(item, "pk", pk) && begins(item, "sk", sk)).expect("an item").clone()
        };
        Self { customer: find("C#", "P"), marker: find("M#", ""), event: find("C#", "E#") }
    }
}

/// Prints the CPU time of an operation in µs, and how many there were in a second.
pub(crate) fn main(operations: &'static [Operation], clients: usize, time: Duration) {
    // As the local server: one runtime for the SDK and the engine.
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let shop = Shop::open().await;
        let items = Arc::new(Items::of(&shop).await);
        let for_time = async |time: Duration| {
            let end = Instant::now() + time;
            let tasks = (0..clients).map(|client| {
                tokio::spawn(work(shop.client.clone(), items.clone(), operations, client, end))
            });
            join_all(tasks).await.into_iter().map(|count| count.expect("a count")).sum::<u64>() as f64
        };
        for_time(Duration::from_secs(1)).await;
        let (before, start) = (cpu(std::process::id()), Instant::now());
        let count = for_time(time).await;
        let (used, elapsed) = (cpu(std::process::id()) - before, start.elapsed());
        println!("{} {}", used.as_secs_f64() * 1e6 / count, count / elapsed.as_secs_f64());
    });
}

async fn work(client: Client, items: Arc<Items>, operations: &[Operation], task: usize, end: Instant) -> u64 {
    let mut count = 0;
    for turn in task * 7.. {
        if Instant::now() >= end {
            break;
        }
        match operations[turn % operations.len()] {
            First => {
                let customer = with(&items.customer, "pk", "C#dec0de00000000000000#");
                conditional(&client, customer).send().await.unwrap();
                let marker = with(&items.marker, "sk", "");
                client
                    .put_item()
                    .table_name("okyaku")
                    .set_item(Some(marker))
                    .return_consumed_capacity(ReturnConsumedCapacity::Total)
                    .send()
                    .await
                    .unwrap();
            }
            Again => get(&client, &items).await,
            Track(1) => {
                get(&client, &items).await;
                conditional(&client, with(&items.event, "sk", "E#")).send().await.unwrap();
            }
            Track(events) => {
                get(&client, &items).await;
                join_all((0..events.div_ceil(25)).map(|_| batch(&client, &items, events.min(25)))).await;
            }
        }
        count += 1;
    }
    count
}

/// The item under a key of its own, as long as that of the item.
fn with(item: &Item, key: &str, prefix: &str) -> Item {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut item = item.clone();
    let width = item[key].as_s().unwrap().len() - prefix.len();
    let text = format!("{prefix}{:0width$}", NEXT.fetch_add(1, Ordering::Relaxed));
    item.insert(key.to_owned(), AttributeValue::S(text));
    item
}

fn conditional(client: &Client, mut item: Item) -> PutItemFluentBuilder {
    // As a function does, to recognise its own write.
    let request = AttributeValue::S("00000000-0000-4000-8000-000000000000".to_owned());
    item.insert("rid".to_owned(), request.clone());
    client
        .put_item()
        .table_name("okyaku")
        .set_item(Some(item))
        .condition_expression("attribute_not_exists(#pk) OR #rid = :rid")
        .expression_attribute_names("#pk", "pk")
        .expression_attribute_names("#rid", "rid")
        .expression_attribute_values(":rid", request)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
}

async fn get(client: &Client, items: &Items) {
    let got = client
        .get_item()
        .table_name("okyaku")
        .key("pk", items.customer["pk"].clone())
        .key("sk", items.customer["sk"].clone())
        .consistent_read(true)
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    assert!(got.item.is_some());
}

async fn batch(client: &Client, items: &Items, events: usize) {
    let put = |_| {
        let put = PutRequest::builder().set_item(Some(with(&items.event, "sk", "E#"))).build().unwrap();
        WriteRequest::builder().put_request(put).build()
    };
    let sent = client
        .batch_write_item()
        .request_items("okyaku", (0..events).map(put).collect())
        .return_consumed_capacity(ReturnConsumedCapacity::Total)
        .send()
        .await
        .unwrap();
    assert!(sent.unprocessed_items.is_none_or(|left| left.is_empty()));
}
