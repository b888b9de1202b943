//! The examples for clients and services, run against a started Baton: the command-line client, as a library and as a
//! program, and the resource server of `crates/verifier/examples`.

#[path = "../../../../crates/verifier/examples/service.rs"]
#[expect(dead_code, reason = "the program's listener; the tests have their own")]
mod service;
mod support;

mod faults;
mod processes;
mod resource_server;
mod session;
