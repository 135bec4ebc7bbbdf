//! Reads the file of a list to erase. Nobody is erased by a column that was guessed.

use std::path::Path;

use csv::StringRecord;

use crate::failure::Failure;

/// The names of a file.
#[derive(Debug, PartialEq)]
pub(super) struct Names {
    /// The header of the column, if the file has a header.
    pub(super) column: Option<String>,
    /// The names, with their lines.
    pub(super) names: Vec<(u64, String)>,
}

/// The separators of columns that spreadsheets write.
const SEPARATORS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Headers that shops' admin pages write for a kind, in lower case and without spaces, `_` and `-`. They are suggestions: a
/// person confirms one by `--column`.
const HEADERS: [(&str, &[&str]); 5] = [
    (
        "memberId",
        &[
            "memberid",
            "member",
            "customerid",
            "userid",
            "회원아이디",
            "회원id",
            "아이디",
            "회원번호",
            "会員id",
            "会員番号",
            "顧客id",
        ],
    ),
    (
        "email",
        &[
            "email",
            "emailaddress",
            "mail",
            "이메일",
            "이메일주소",
            "메일",
            "メールアドレス",
            "メール",
            "eメール",
        ],
    ),
    (
        "mobileNumber",
        &[
            "mobilenumber",
            "mobile",
            "phone",
            "phonenumber",
            "tel",
            "휴대폰",
            "휴대폰번호",
            "휴대전화",
            "전화번호",
            "携帯電話",
            "携帯電話番号",
            "電話番号",
        ],
    ),
    ("shopify", &["customerid", "shopifyid", "id"]),
    ("cafe24", &["memberid", "회원아이디", "회원id", "아이디", "会員id"]),
];

/// Reads the names of a kind, such as `memberId`.
///
/// A file of one column may have no header. A file of several columns needs a header that is called as the kind, or
/// `column` names one.
///
/// # Errors
/// A message that names the columns, if none is the right one for sure. A message with the line of a missing name.
pub(super) fn read(file: &Path, by: &str, column: Option<&str>) -> Result<Names, Failure> {
    let failed = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let bytes = std::fs::read(file).map_err(|error| failed(&error))?;
    let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .delimiter(separator(bytes))
        .from_reader(bytes);
    let mut lines = Lines { bytes, at: 0, line: 1 };
    let (mut at, mut found) = (0, Names { column: None, names: Vec::new() });
    for (row, record) in reader.records().enumerate() {
        let record = record.map_err(|error| failed(&error))?;
        let line = record.position().map_or(0, |start| lines.line_of(start.byte()));
        if row == 0
            && let Some(header) = header(&record, by, column).map_err(|error| failed(&error))?
        {
            at = header;
            found.column = record.get(at).map(str::to_owned);
            continue;
        }
        match record.get(at).filter(|name| !name.is_empty()) {
            Some(name) => found.names.push((line, name.to_owned())),
            None => return Err(failed(&format!("line {line} has no {by}")).into()),
        }
    }
    match (&found.column, stranger(by, &found.names)) {
        (None, Some(first)) => Err(failed(&format!(
            "the first line, \"{first}\", is like no {by} below it. If it is a header, say --column \"{first}\""
        ))
        .into()),
        _ => Ok(found),
    }
}

/// Returns the separator: the most frequent one of the first line that has any text.
fn separator(bytes: &[u8]) -> u8 {
    let first = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).find(|line| !line.trim_ascii().is_empty());
    let count =
        |separator: u8| first.map_or(0, |line| line.iter().filter(|byte| **byte == separator).count());
    // Of equally many, the first in the list wins, so a line without separators has a comma.
    SEPARATORS.into_iter().rev().max_by_key(|separator| count(*separator)).unwrap_or(b',')
}

/// Returns the position of the column with the names, or `None` if the first record is a name itself.
fn header(first: &StringRecord, by: &str, column: Option<&str>) -> Result<Option<usize>, String> {
    let wanted = column.unwrap_or(by);
    let mut found = first.iter().enumerate().filter(|(_, name)| name.eq_ignore_ascii_case(wanted));
    match (found.next(), found.next()) {
        (Some((at, _)), None) => return Ok(Some(at)),
        (Some(_), Some(_)) => return Err(format!("several columns are called \"{wanted}\"")),
        _ => {}
    }
    // Columns whose names a shop's admin page gives to this kind, and to any kind.
    let plain = |name: &str| name.to_lowercase().replace([' ', '_', '-', '\u{3000}'], "");
    let known = |kind: Option<&str>, name: &str| {
        let mut of = HEADERS.iter().filter(|(of, _)| kind.is_none_or(|kind| kind == *of));
        of.any(|(_, names)| names.contains(&plain(name).as_str()))
    };
    let is_header = first.len() > 1 || first.iter().any(|name| known(None, name));
    if column.is_none() && !is_header {
        return Ok(None);
    }
    let saw: Vec<String> = first.iter().map(|name| format!("\"{name}\"")).collect();
    let like: Vec<String> = first
        .iter()
        .filter(|name| known(Some(by), name))
        .map(|name| format!("--column \"{name}\""))
        .collect();
    let advice = match like.as_slice() {
        [] => format!("name the right one by --column, or call it \"{by}\""),
        like => format!("if you mean it, say {}", like.join(" or ")),
    };
    Err(format!("no column is called \"{wanted}\". Its columns are {}: {advice}", saw.join(", ")))
}

/// Returns the first name of a list without a header, if it is unlike all others: a header that nobody recognised.
fn stranger<'a>(by: &str, names: &'a [(u64, String)]) -> Option<&'a str> {
    let (first, others) = names.split_first()?;
    let tests: [fn(&str) -> bool; 3] = [
        |name| name.bytes().all(|byte| byte.is_ascii_digit()),
        |name| name.is_ascii(),
        |name| name.contains('@'),
    ];
    let (_, first) = first;
    let differs = |test: &fn(&str) -> bool| !test(first) && others.iter().all(|(_, name)| test(name));
    // One other name is no pattern, but an address always has its sign.
    let is_unlike = others.len() > 1 && tests.iter().any(differs);
    (is_unlike || (by == "email" && !first.contains('@'))).then_some(first)
}

/// Counts the lines of a file once, from its begin to its end.
struct Lines<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of a record that begins at a byte, or after the blank lines that follow it. Records come in order.
    fn line_of(&mut self, start: u64) -> u64 {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        while let Some(byte) = self.bytes.get(self.at) {
            let blank = matches!(byte, b'\r' | b'\n');
            if self.at >= start && !blank {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str, by: &str, column: Option<&str>) -> Result<Names, String> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        read(file.path(), by, column).map_err(|error| error.to_string())
    }

    fn names(text: &str, by: &str) -> Result<Vec<(u64, String)>, String> {
        read_text(text, by, None).map(|found| found.names)
    }

    #[test]
    fn list_has_one_identifier_per_line() {
        let expected = vec![(1, "a".to_owned()), (3, "b".to_owned())];
        assert_eq!(names("a\r\n\r\n b \r\n", "memberId").unwrap(), expected);
    }

    #[test]
    fn lines_of_a_long_list_are_counted_once() {
        let text = "a\n\n".repeat(100_000);
        let list = names(&text, "memberId").unwrap();
        assert_eq!((list.len(), list.last().unwrap().0), (100_000, 199_999));
        // Windows' line ends, blank lines before everything, and fields with line breaks in them.
        let list = names(&"a\r\n".repeat(100_000), "memberId").unwrap();
        assert_eq!(list.last().unwrap().0, 100_000);
        let list = names(&format!("{}a", "\n".repeat(100_000)), "memberId").unwrap();
        assert_eq!(list, [(100_001, "a".to_owned())]);
        let text = format!("memberId,note\n{}", "a,\"two\nlines\"\n".repeat(50_000));
        let list = names(&text, "memberId").unwrap();
        assert_eq!((list.len(), list.last().unwrap().0), (50_000, 100_000));
    }

    #[test]
    fn header_selects_the_column() {
        let text = "\u{feff}name,email\n\"Lee, Ann\",lee@example.com\nKim,kim@example.com\n";
        let expected = vec![(2, "lee@example.com".to_owned()), (3, "kim@example.com".to_owned())];
        assert_eq!(names(text, "email").unwrap(), expected);
    }

    #[test]
    fn line_without_identifier_stops_before_any_erasure() {
        let refused = names("name,memberId\nLee,1\nKim,\n", "memberId").unwrap_err();
        assert!(refused.ends_with("line 3 has no memberId"), "{refused}");
    }

    #[test]
    fn unknown_header_is_refused_and_says_what_it_saw() {
        let text = "no,member_id,退会日\n1,1001,2026-01-01\n2,1002,2026-01-02\n";
        let refused = read_text(text, "memberId", None).unwrap_err();
        for said in ["\"no\", \"member_id\", \"退会日\"", "--column \"member_id\""] {
            assert!(refused.contains(said), "{refused}");
        }
        let read = read_text(text, "memberId", Some("member_id")).unwrap();
        assert_eq!(read.column.as_deref(), Some("member_id"));
        assert_eq!(read.names, [(2, "1001".to_owned()), (3, "1002".to_owned())]);
        // Several columns without any known name, a column that is not there, and one that is there twice.
        for (text, column) in [
            ("1,Lee\n2,Kim\n", None),
            ("memberId,name\n1,Lee\n", Some("id")),
            ("memberId,memberId\n1,2\n", None),
            ("이름,탈퇴일\n이서윤,2026-01-01\n", None),
        ] {
            assert!(read_text(text, "memberId", column).is_err(), "{text}");
        }
    }

    #[test]
    fn headers_of_other_languages_are_known_and_confirmed() {
        for header in ["회원아이디", "회원 ID", "会員ID", "会員番号", "Member ID", "customer_id"]
        {
            let text = format!("{header}\nlee01\nkim02\n");
            let refused = read_text(&text, "memberId", None).unwrap_err();
            assert!(refused.contains(&format!("--column \"{header}\"")), "{refused}");
            assert_eq!(read_text(&text, "memberId", Some(header)).unwrap().names.len(), 2);
        }
        // The column of another kind: addresses are no memberIds.
        assert!(read_text("email\nlee@example.com\n", "memberId", None).is_err());
        assert!(read_text("メールアドレス\nlee@example.com\n", "email", None).is_err());
    }

    #[test]
    fn semicolons_tabs_and_bars_separate_columns() {
        for separator in [";", "\t", "|"] {
            let text = format!("name{separator}memberId\n\"Lee, Ann\"{separator}1001\n");
            assert_eq!(names(&text, "memberId").unwrap(), [(2, "1001".to_owned())], "{separator:?}");
            let text = format!("1{separator}1001\n2{separator}1002\n");
            assert!(names(&text, "memberId").is_err(), "{separator:?}");
        }
    }

    #[test]
    fn first_line_unlike_all_others_is_a_header_that_nobody_recognised() {
        for (text, by) in [
            ("退会者\n1001\n1002\n", "memberId"),
            ("gone\n1001\n1002\n", "memberId"),
            ("탈퇴회원\nlee01\nkim02\n", "memberId"),
            ("address\nlee@example.com\n", "email"),
        ] {
            let refused = names(text, by).unwrap_err();
            assert!(refused.contains("--column"), "{refused}");
        }
        for text in ["lee01\n1001\n", "lee01\n1001\nkim02\n", "1001\nlee01\n", "홍길동\n김철수\nlee\n"]
        {
            assert!(names(text, "memberId").is_ok(), "{text}");
        }
    }
}
