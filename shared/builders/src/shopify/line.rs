//! The lines of carts, checkouts and orders.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

use super::body::Object;
use super::money;

/// Sets an amount, if JSON can hold the amount.
pub(super) fn set(
    object: &Object<'_>,
    property: &mut Map<String, Value>,
    key: &str,
    path: &str,
    amount: Option<Decimal>,
) {
    if let Some(amount) = amount
        && let Some(number) = object.reader.valid(path, money::number(amount))
    {
        property.insert(key.to_owned(), number);
    }
}

/// Returns the product's number. A line typed in by hand has only a number of its own.
pub(super) fn product_id(line: &Object<'_>) -> Option<String> {
    let reader = line.reader;
    let id = line.id(&["product_id"], "Product");
    let id =
        id.or_else(|| line.id(&["variant_id"], "ProductVariant")).or_else(|| line.id(&["id"], "LineItem"));
    reader.valid(line.path("product_id"), id)
}

/// Returns the name of the line.
pub(super) fn title<'a>(line: &Object<'a>) -> Option<&'a str> {
    line.text("title").or_else(|| line.text("name"))
}

/// Returns the quantity. A quantity from a billion is rejected.
pub(super) fn quantity(line: &Object<'_>) -> Option<u64> {
    let reader = line.reader;
    let quantity = line.get("quantity").and_then(Value::as_u64).filter(|quantity| *quantity < 1_000_000_000);
    reader.valid(line.path("quantity"), quantity)
}
