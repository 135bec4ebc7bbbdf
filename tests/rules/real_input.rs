//! What real shops' pages and servers send: what can be understood is understood, what cannot is reported by name, the
//! rest is kept, and nobody else is touched (R1, R5).

mod cafe24;
mod moving;
mod pages;
mod servers;
mod shopify;
mod text;
