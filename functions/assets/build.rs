//! Removes comments and white space from the page script, so that comments cost pages no bytes, and compresses it once
//! for all requests.
//!
//! Names stay, so that a developer finds the names in an error of a page in `web/okyaku.js`.
//! `tests/browser/served.test.mjs` proves that only comments and white space are removed.

use std::error::Error;
use std::path::Path;
use std::{env, fs};

use zopfli::{Format, Options};

const SCRIPT: &str = "../../web/okyaku.js";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={SCRIPT}");
    let served = minifier::js::minify(&fs::read_to_string(SCRIPT)?)?.to_string();
    let folder = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let mut compressed = Vec::new();
    zopfli::compress(Options::default(), Format::Gzip, served.as_bytes(), &mut compressed)?;
    fs::write(Path::new(&folder).join("okyaku.js.gz"), compressed)?;
    fs::write(Path::new(&folder).join("okyaku.js"), served)?;
    Ok(())
}
