//! Rules that hold on every route: limits, bad input, credentials, tenants, permissions, privacy, and the shape of the house.

mod bad_input;
mod budgets;
mod claims;
mod credentials;
mod house;
mod key_check;
mod limits;
mod local_files;
mod metrics;
mod operations;
mod page_view;
mod permissions;
mod privacy;
mod real_input;
mod session_end;
mod tenancy;
mod tenancy_of_routes;
mod trust;
