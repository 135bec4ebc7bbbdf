//! The six shop events and their properties, as sent by Channel Talk's builders (R8).

use serde_json::{Map, Value};

/// The event that moves `lastCheckoutCompletedAt`.
pub const CHECKOUT_COMPLETE: &str = "CheckoutComplete";

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Products,
}

use Kind::{Number, Products, Text};

const PRODUCT: &[(&str, Kind)] = &[("id", Text), ("name", Text), ("amount", Number)];
const PRODUCT_IN_CART: &[(&str, Kind)] =
    &[("id", Text), ("name", Text), ("quantity", Number), ("amount", Number)];
const ORDER: &[(&str, Kind)] =
    &[("id", Text), ("totalAmount", Number), ("shippingAmount", Number), ("products", Products)];

fn expected(name: &str) -> Option<&'static [(&'static str, Kind)]> {
    match name {
        "SignUp" => Some(&[]),
        "ProductView" | "AddToWish" => Some(PRODUCT),
        "AddToCart" => Some(PRODUCT_IN_CART),
        "CheckoutBegin" | CHECKOUT_COMPLETE => Some(ORDER),
        _ => None,
    }
}

/// Checks a shop event's property. Numeric texts become numbers, and numeric ids become texts.
///
/// Returns the missing or mistyped parts in one sentence. The event is accepted anyway, and extra properties
/// stay. For example, `{"id":7,"amount":"12.50"}` of a `ProductView` becomes `{"id":"7","amount":12.5}` with
/// the remark that `name` is missing.
pub fn check(name: &str, property: &mut Map<String, Value>) -> Option<String> {
    let mut remarks = Vec::new();
    for (key, kind) in expected(name)? {
        match property.get_mut(*key) {
            None | Some(Value::Null) => remarks.push(format!("property.{key} is missing")),
            Some(value) => {
                if let Err(remark) = fit(value, *kind) {
                    remarks.push(format!("property.{key} {remark}"));
                }
            }
        }
    }
    (!remarks.is_empty()).then(|| remarks.join("; "))
}

fn fit(value: &mut Value, kind: Kind) -> Result<(), &'static str> {
    match kind {
        Text => match value {
            Value::String(_) => Ok(()),
            Value::Number(number) => {
                *value = Value::String(number.to_string());
                Ok(())
            }
            _ => Err("should be text"),
        },
        Number => number(value).ok_or("should be a number"),
        Products => products(value),
    }
}

/// Turns a plain decimal text into a number, for example `"12900"` or `"12.50"`. A number stays a number.
fn number(value: &mut Value) -> Option<()> {
    if value.is_number() {
        return Some(());
    }
    let text = value.as_str()?.trim();
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-'));
    let number = serde_json::from_str::<serde_json::Number>(text).ok().filter(|_| plain)?;
    *value = Value::Number(number);
    Some(())
}

fn products(value: &mut Value) -> Result<(), &'static str> {
    let wrong = "should be a list of products";
    let Value::Array(items) = value else { return Err(wrong) };
    for item in items {
        let Value::Object(product) = item else { return Err(wrong) };
        for key in ["quantity", "price", "amount"] {
            if let Some(figure) = product.get_mut(key)
                && number(figure).is_none()
            {
                return Err("should have numbers for quantity, price and amount");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn checked(name: &str, property: Value) -> (Value, Option<String>) {
        let Value::Object(mut property) = property else { panic!() };
        let remark = check(name, &mut property);
        (Value::Object(property), remark)
    }

    #[test]
    fn numeric_texts_become_numbers_and_extras_stay() {
        let (property, remark) = checked(
            "AddToCart",
            json!({"id": 7, "name": "Mug", "quantity": "2", "amount": "12.50", "colour": "red"}),
        );
        assert_eq!(
            property,
            json!({"id": "7", "name": "Mug", "quantity": 2, "amount": 12.5, "colour": "red"})
        );
        assert_eq!(remark, None);
    }

    #[test]
    fn missing_or_mistyped_property_is_remarked() {
        let (_, remark) = checked("ProductView", json!({"id": "7", "amount": "1,000"}));
        assert_eq!(remark.as_deref(), Some("property.name is missing; property.amount should be a number"));
        assert_eq!(checked("SignUp", json!({})).1, None);
        assert_eq!(checked("Anything", json!({})).1, None);
    }
}
