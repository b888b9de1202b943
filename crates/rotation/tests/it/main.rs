//! Tests of the rotation protocol: the ticket, the decision as a table, properties of every path, and a model
//! checker.

mod attempt;
mod fuzz;
mod model;
mod policy;
mod properties;
mod sign_in;
mod table;
mod ticket;
