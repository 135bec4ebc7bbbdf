//! What holds when the table fails, a process dies, two requests meet, or deliveries come in any order.

mod canary;
mod crashes;
mod deliveries;
mod faults;
mod filters;
mod hostile_page;
mod interleavings;
mod model;
mod races;
