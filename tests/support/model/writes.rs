//! What a caller says of a customer, in a body (R2–R5).

use serde_json::{Map, Value, json};

/// A value that may be left out, cleared, or one of a few.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Write {
    #[default]
    Absent,
    Null,
    One(u8),
}

/// What is said of a customer at once.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Writes {
    pub grade: Write,
    pub utm_term: Write,
    pub email: Write,
    pub mobile: Write,
    pub name: Write,
    pub memo: Write,
    pub once_grade: Write,
    pub language: Write,
    pub unsubscribe: Write,
    /// `profile: null`, and nothing else of the profile.
    pub reset: bool,
    /// `None` leaves them; a bit each of four.
    pub tags: Option<u8>,
}

/// The text that is sent; what is stored of it is `stored`.
pub fn sent(key: &str, n: u8) -> String {
    match key {
        "email" => format!(" Person{n}@Example.COM "),
        "mobileNumber" => format!("010-2468-246{n}"),
        _ => format!("{key} {n}"),
    }
}

/// The normal form in which it comes back.
pub fn stored(key: &str, n: u8) -> String {
    match key {
        "email" => format!("person{n}@example.com"),
        "mobileNumber" => format!("+821024682{}", 460 + u32::from(n)),
        _ => format!("{key} {n}"),
    }
}

pub(crate) fn languages(n: u8) -> &'static str {
    if n.is_multiple_of(2) { "ko" } else { "ja" }
}

/// Tags of a bit set.
pub fn tags(bits: u8) -> Vec<String> {
    (0..4).filter(|bit| bits & (1 << bit) != 0).map(|bit| format!("tag{bit}")).collect()
}

impl Writes {
    /// The profile's keys, in the order in which they are applied.
    pub fn fields(&self) -> [(&'static str, Write); 6] {
        [
            ("grade", self.grade),
            ("utmTerm", self.utm_term),
            ("email", self.email),
            ("mobileNumber", self.mobile),
            ("name", self.name),
            ("description", self.memo),
        ]
    }

    /// Whether the body can change nobody.
    pub fn is_empty(&self) -> bool {
        let once_grade = if self.once_grade == Write::Null { Write::Absent } else { self.once_grade };
        Self { once_grade, ..self.clone() } == Self::default()
    }

    /// The body.
    pub fn body(&self) -> Value {
        let mut body = Map::new();
        let mut profile = Map::new();
        for (key, write) in self.fields() {
            match write {
                Write::Absent => {}
                Write::Null => drop(profile.insert(key.to_owned(), Value::Null)),
                Write::One(n) => drop(profile.insert(key.to_owned(), sent(key, n).into())),
            }
        }
        if self.reset {
            body.insert("profile".to_owned(), Value::Null);
        } else if !profile.is_empty() {
            body.insert("profile".to_owned(), profile.into());
        }
        match self.once_grade {
            Write::Absent => {}
            Write::Null => drop(body.insert("profileOnce".to_owned(), json!({ "grade": null }))),
            Write::One(n) => {
                drop(body.insert("profileOnce".to_owned(), json!({ "grade": sent("grade", n) })));
            }
        }
        match self.language {
            Write::Absent => {}
            Write::Null => drop(body.insert("language".to_owned(), Value::Null)),
            Write::One(n) => drop(body.insert("language".to_owned(), languages(n).into())),
        }
        match self.unsubscribe {
            Write::Absent => {}
            Write::Null => drop(body.insert("unsubscribeEmail".to_owned(), Value::Null)),
            Write::One(n) => drop(body.insert("unsubscribeEmail".to_owned(), n.is_multiple_of(2).into())),
        }
        if let Some(bits) = self.tags {
            body.insert("tags".to_owned(), tags(bits).into());
        }
        body.into()
    }
}

impl std::fmt::Debug for Writes {
    /// As it is sent: a failing sequence is read by people.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.body())
    }
}
