//! Random identifiers.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Random bytes could not be had from the operating system.
pub type NoEntropy = getrandom::Error;

/// `bytes` random bytes in lower-case hexadecimal.
pub fn hex(bytes: usize) -> Result<String, NoEntropy> {
    let mut raw = vec![0; bytes];
    getrandom::fill(&mut raw)?;
    Ok(hex::encode(raw))
}

/// A request id of the gateway's kind: 16 characters of base64 that end in `=`.
pub fn gateway_request_id() -> Result<String, NoEntropy> {
    let mut raw = [0; 11];
    getrandom::fill(&mut raw)?;
    Ok(STANDARD.encode(raw))
}

/// A version 4 UUID, such as Lambda's request ids are.
pub fn uuid() -> Result<String, NoEntropy> {
    let mut raw = [0; 16];
    getrandom::fill(&mut raw)?;
    let bits = (u128::from_be_bytes(raw) & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let text = format!("{bits:032x}");
    let groups = [0..8, 8..12, 12..16, 16..20, 20..32].map(|range| text.get(range).unwrap_or_default());
    Ok(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_shapes_of_aws() {
        let id = uuid().unwrap();
        assert_eq!(id.len(), 36);
        assert_eq!(id.as_bytes()[14], b'4');
        assert!(matches!(id.as_bytes()[19], b'8' | b'9' | b'a' | b'b'), "{id}");
        assert_ne!(id, uuid().unwrap());
        let id = gateway_request_id().unwrap();
        assert!(id.len() == 16 && id.ends_with('='), "{id}");
    }
}
