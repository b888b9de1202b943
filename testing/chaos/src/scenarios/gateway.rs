//! Scenarios behind the gateway: the real Envoy in front of the issuer and a resource server (notes). Their common
//! helpers are in `setup.rs`.

pub(crate) mod addresses;
pub(crate) mod cookies;
pub(crate) mod forged;
pub(crate) mod full_jar;
pub(crate) mod headers;
pub(crate) mod keys;
pub(crate) mod large_heads;
pub(crate) mod outage;
pub(crate) mod revoked;
pub(crate) mod share;

mod callers;
mod setup;

use super::scenario::{BOTH, SQLITE, Scenario};

pub(super) const ALL: &[Scenario] = &[
    Scenario {
        name: "gateway-forged",
        description: "every forged token of the catalogue at the edge, and at the service behind it",
        engines: SQLITE,
        full_rounds: 1,
        smoke_rounds: 1,
        run: |env| Box::pin(forged::run(env)),
    },
    Scenario {
        name: "gateway-cookies",
        description: "a service that tries to read Baton's cookies, and to pose as Baton's page",
        engines: SQLITE,
        full_rounds: 1,
        smoke_rounds: 1,
        run: |env| Box::pin(cookies::run(env)),
    },
    Scenario {
        name: "gateway-full-jar",
        description: "a browser with 700 KiB of other programs' cookies: page, refresh, notes, logout",
        engines: SQLITE,
        full_rounds: 10,
        smoke_rounds: 1,
        run: |env| Box::pin(full_jar::run(env)),
    },
    Scenario {
        name: "gateway-large-heads",
        description: "1,000 connections with heads of 1 MiB that never end: the edge's memory is bounded",
        engines: SQLITE,
        full_rounds: 2,
        smoke_rounds: 1,
        run: |env| Box::pin(large_heads::run(env)),
    },
    Scenario {
        name: "gateway-headers",
        description: "a service that sends every response header on which a browser acts",
        engines: SQLITE,
        full_rounds: 1,
        smoke_rounds: 1,
        run: |env| Box::pin(headers::run(env)),
    },
    Scenario {
        name: "gateway-share",
        description: "one user fills the notes service and searches without a pause; others are served",
        engines: SQLITE,
        full_rounds: 1,
        smoke_rounds: 1,
        run: |env| Box::pin(share::run(env)),
    },
    Scenario {
        name: "gateway-addresses",
        description: "a caller that forges its address in forwarding headers",
        engines: SQLITE,
        full_rounds: 1,
        smoke_rounds: 1,
        run: |env| Box::pin(addresses::run(env)),
    },
    Scenario {
        name: "gateway-revoked",
        description: "a session is revoked: how long the service behind the gateway accepts its token",
        engines: BOTH,
        full_rounds: 20,
        smoke_rounds: 2,
        run: |env| Box::pin(revoked::run(env)),
    },
    Scenario {
        name: "gateway-rotation",
        description: "the keys rotate under load, and no call fails: 70 s each",
        engines: SQLITE,
        full_rounds: 5,
        smoke_rounds: 1,
        run: |env| Box::pin(keys::rotated(env)),
    },
    Scenario {
        name: "gateway-revoked-key",
        description: "a key is revoked under load: Baton, the service and the edge refuse its tokens",
        engines: SQLITE,
        full_rounds: 3,
        smoke_rounds: 1,
        run: |env| Box::pin(keys::revoked(env)),
    },
    Scenario {
        name: "gateway-outage",
        description: "the issuer answers garbage, slowly or not at all for 60 s: verification continues",
        engines: SQLITE,
        full_rounds: 3,
        smoke_rounds: 1,
        run: |env| Box::pin(outage::run(env)),
    },
];
