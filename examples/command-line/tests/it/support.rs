//! A started Baton with one user, what lies between it and the client, and the client as a program.

mod baton;
mod program;
mod relay;

pub(crate) use baton::{Baton, EMAIL, PASSWORD};
pub(crate) use program::{Place, printed};
pub(crate) use relay::{Mode, Relay};
