//! The protocol's tests: the ticket, the decision as a table, and properties that hold on every path.

mod attempt;
mod model;
mod policy;
mod properties;
mod sign_in;
mod table;
mod ticket;
