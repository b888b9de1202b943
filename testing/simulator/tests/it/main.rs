//! What the simulation must find, and what it must not. The list of modules is a table of contents.
#![forbid(unsafe_code)]

mod limits;
mod planted;
mod seeds;
mod trace;
