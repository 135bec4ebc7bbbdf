//! Bodies of an exact size or form.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;

/// Compressed, as some clients send it.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// `mb` megabytes of zeros, compressed to a thousandth.
pub fn gzip_bomb(mb: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![0; 8 << 20]).unwrap();
    // Members one behind the other are one stream (RFC 1952).
    encoder.finish().unwrap().repeat(mb / 8)
}

/// JSON with spaces behind it, of exactly `bytes` bytes.
pub fn padded(body: &Value, bytes: usize) -> String {
    let body = body.to_string();
    let spaces = " ".repeat(bytes - body.len());
    body + &spaces
}
