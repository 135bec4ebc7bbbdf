//! Decompression with a limit, so that a decompression bomb costs only the limit.

use std::io::Read;

use flate2::read::MultiGzDecoder;

use okyaku_domain::detail::Detail;
use okyaku_domain::error::Error;

/// Returns whether `bytes` start with the magic number of gzip (RFC 1952).
///
/// Some clients compress without a `content-encoding` header.
#[must_use]
pub fn is_gzip(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x1f, 0x8b])
}

/// Decompresses at most `limit` bytes.
///
/// # Errors
/// [`Error::TooLarge`] past the limit. [`Error::Unparsable`] if the bytes are malformed gzip.
pub fn decompress(bytes: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    let mut reader = MultiGzDecoder::new(bytes).take(limit as u64 + 1);
    reader.read_to_end(&mut out).map_err(|_| Error::Unparsable(Detail::new("body", "is not valid gzip")))?;
    if out.len() > limit {
        return Err(Error::TooLarge { field: "body", limit });
    }
    Ok(out)
}
