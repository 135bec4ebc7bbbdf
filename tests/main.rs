//! Black-box tests through API Gateway events. `support` has what they stand on.

mod cost;
mod proofs;
mod routes;
mod rules;
