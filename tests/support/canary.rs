//! Canaries: distinct bytes planted in every place where a person can put any, and the search for them.

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use serde_json::{Value, json};

use crate::{NOW, Shop, dev, hash_of};

pub const MEMBER: &str = "zqmember7";
pub const EMAIL: &str = "zqmail7@zqhost7.example";
pub const PHONE: &str = "+821077007701";
/// The veilId of each device.
pub const VEILS: [&str; 3] = [
    "5f0f2a4e-0b5d-4a57-9f0e-6c1d2e3f4a5b",
    "6a1b2c3d-1c6e-4b68-8a1f-7d2e3f4a5b6c",
    "7b2c3d4e-2d7f-4c79-9b20-8e3f4a5b6c7d",
];

/// Everything that is planted, in the shortest form in which it could be told again.
pub fn planted() -> Vec<String> {
    let mut all: Vec<String> = [
        MEMBER,
        "zqmail7",
        "zqhost7",
        "77007701",
        "zqfirst",
        "zqonce",
        "zqtag",
        "zqname",
        "zqlist",
        "zqkey",
        "zqutm",
        "zqreferrer",
        "zqpage",
        "zqagent",
        "zqlang",
        "zqapp",
        "zqversion",
        "zqos",
        "zqdevice",
        "zqpush",
        "zqcity",
        "zqnote",
        "zqtyped",
        "zqservertag",
        "zqavatar",
        "zqevent",
        "zqeventid",
        "zqproperty",
        "zqdeep",
        "zqserverevent",
    ]
    .map(str::to_owned)
    .into();
    for veil in VEILS {
        all.push(veil.to_owned());
        all.push(veil.replace('-', ""));
    }
    all
}

/// The forms of each: as it is, in hexadecimal, and in base64 wherever in a longer text it may begin.
pub struct Search(Vec<(String, Vec<Vec<u8>>)>);

impl Default for Search {
    fn default() -> Self {
        Self::of(&planted())
    }
}

impl Search {
    pub fn of(planted: &[String]) -> Self {
        let forms = |canary: &String| {
            let mut forms = vec![canary.to_lowercase().into_bytes(), hex::encode(canary).into_bytes()];
            forms.push(hex::encode(canary.to_uppercase()).into_bytes());
            for text in [canary.clone(), canary.to_uppercase()] {
                for before in 0..3 {
                    let padded = [vec![0; before], text.as_bytes().to_vec()].concat();
                    let coded = base64::engine::general_purpose::STANDARD_NO_PAD.encode(padded);
                    // What neighbours cannot change: without the digits that hold bits of them.
                    let from = [0, 2, 3][before];
                    let inner = &coded[from..coded.len() - 1];
                    forms.push(inner.to_lowercase().into_bytes());
                    forms.push(inner.replace('+', "-").replace('/', "_").to_lowercase().into_bytes());
                }
            }
            (canary.clone(), forms)
        };
        Self(planted.iter().map(forms).collect())
    }

    /// Which canaries are in these bytes, in any case of their letters.
    pub fn find(&self, bytes: &[u8]) -> Vec<String> {
        let bytes = bytes.to_ascii_lowercase();
        let within = |form: &Vec<u8>| memmem(&bytes, form);
        self.0
            .iter()
            .filter(|(_, forms)| forms.iter().any(within))
            .map(|(canary, _)| canary.clone())
            .collect()
    }

    /// Which are anywhere in the table, with the key of the item.
    pub async fn in_table(&self, shop: &Shop) -> Vec<String> {
        let mut found = Vec::new();
        for item in shop.items().await {
            let (pk, sk) = (format!("{:?}", item["pk"]), format!("{:?}", item["sk"]));
            let mut bytes = Vec::new();
            pour(&AttributeValue::M(item), &mut bytes);
            found.extend(self.find(&bytes).into_iter().map(|canary| format!("{canary} at {pk} {sk}")));
        }
        found
    }
}

fn memmem(bytes: &[u8], part: &[u8]) -> bool {
    let Some(first) = part.first() else { return false };
    let mut from = 0;
    while let Some(at) = bytes[from..].iter().position(|byte| byte == first) {
        if bytes[from + at..].starts_with(part) {
            return true;
        }
        from += at + 1;
    }
    false
}

/// Every byte of an attribute, names included.
fn pour(value: &AttributeValue, into: &mut Vec<u8>) {
    match value {
        AttributeValue::S(text) | AttributeValue::N(text) => into.extend(text.as_bytes()),
        AttributeValue::B(blob) => into.extend(blob.as_ref()),
        AttributeValue::Ss(texts) | AttributeValue::Ns(texts) => {
            texts.iter().for_each(|text| into.extend(text.as_bytes()));
        }
        AttributeValue::Bs(blobs) => blobs.iter().for_each(|blob| into.extend(blob.as_ref())),
        AttributeValue::L(list) => list.iter().for_each(|value| pour(value, into)),
        AttributeValue::M(map) => {
            for (name, value) in map {
                into.extend(name.as_bytes());
                into.push(b' ');
                pour(value, into);
                into.push(b' ');
            }
        }
        _ => {}
    }
    into.push(b'\n');
}

/// A device: its token before it was linked, and after.
pub struct Device {
    pub visitor: String,
    pub visitor_token: String,
    pub token: String,
}

/// Plants all of it: a member with three linked devices. Returns them and the member's id.
pub async fn plant(shop: &Shop) -> (String, Vec<Device>) {
    let mut devices = Vec::new();
    let mut id = String::new();
    for veil in VEILS {
        let boot = |mut body: Value| {
            body["pluginKey"] = json!(dev::PLUGIN_KEY);
            body["veilId"] = json!(veil);
            body["page"] = json!({"url": "https://shop.example.com/zqpage?utm_source=zqutm",
                "referrer": "https://zqreferrer.example/zqpage"});
            let request = shop.request("POST", "/front/v1/boot").header("user-agent", "zqagent/1.0 (zqos)");
            let request =
                request.header("x-okyaku-origin", "vouched").header("cloudfront-viewer-city", "zqcity");
            request.header("accept-language", "de-x-zqlang").json(body)
        };
        let profile = json!({"firstName": "zqfirst", "email": EMAIL, "mobileNumber": PHONE, "name": "zqname",
            "zqkey": "zqlist", "list": ["zqlist"], "avatarUrl": "https://shop.example.com/zqavatar"});
        let alone =
            boot(json!({"profile": profile, "profileOnce": {"note": "zqonce"}, "tags": ["zqtag"]})).await;
        let event = json!([{"id": "zqeventid-v", "name": "zqevent", "createdAt": NOW}]);
        shop.track(alone.str("/sessionToken"), event).await.expect(200);
        let app = json!({"name": "zqapp", "version": "zqversion", "os": "zqos", "osName": "zqos", "device": "zqdevice",
            "pushToken": "zqpush"});
        let member =
            boot(json!({"memberId": MEMBER, "memberHash": hash_of(MEMBER), "app": app, "profile": profile,
            "profileOnce": {"note": "zqonce"}, "tags": ["zqtag"], "language": "de-x-zqlang"}))
            .await;
        id = member.str("/user/id").to_owned();
        let token = member.str("/sessionToken").to_owned();
        let typed = json!({"profile": {"name": "zqtyped", "landlineNumber": "zqname"}});
        shop.page("PATCH", "/front/v1/users/me", &token).json(typed).await.expect(200);
        devices.push(Device {
            visitor: alone.str("/user/id").to_owned(),
            visitor_token: alone.str("/sessionToken").to_owned(),
            token,
        });
    }
    let said = json!({"profile": {"email": EMAIL, "mobileNumber": PHONE, "name": "zqname", "description": "zqnote"},
        "tags": ["zqservertag"]});
    shop.server("PUT", &format!("/open/v5/users/@{MEMBER}")).json(said).await.expect(200);
    let path = format!("/open/v5/users/{id}/events");
    let event = json!({"id": "zqeventid-s", "name": "zqserverevent", "createdAt": NOW,
        "property": {"zqproperty": {"deep": ["zqdeep", PHONE]}}});
    shop.server("POST", &path).json(event).await.expect(200);
    (id, devices)
}
