//! Every rule of the verifier, and what it accepts: one module for each kind of rule, one test for each rule, with
//! the exact rejection. `support` signs any bytes, so that the rule under test is the reason and never the signature.

#[cfg(feature = "axum")]
#[path = "../../examples/issue_and_protect.rs"]
#[expect(dead_code, reason = "the program's listener and clock; the tests have their own")]
mod issue_and_protect;
mod support;

mod accepted_tokens;
mod algorithm_rules;
#[cfg(all(feature = "axum", feature = "remote"))]
mod axum_demands;
#[cfg(feature = "axum")]
mod axum_idempotency;
#[cfg(all(feature = "axum", feature = "remote"))]
mod axum_layer;
#[cfg(feature = "axum")]
mod axum_local;
#[cfg(feature = "axum")]
mod axum_optional;
#[cfg(feature = "axum")]
mod axum_responses;
mod claim_rules;
mod encoding_rules;
mod forged;
mod fuzz;
mod header_rules;
mod idempotency;
mod json_rules;
mod jwks;
mod key_rules;
mod known_answers;
mod local_issuer;
mod messages;
#[cfg(feature = "axum")]
mod own_tokens;
mod party_rules;
#[cfg(feature = "remote")]
mod remote_freshness;
#[cfg(feature = "remote")]
mod remote_keys;
#[cfg(feature = "remote")]
mod remote_lists;
#[cfg(feature = "remote")]
mod remote_log;
#[cfg(feature = "remote")]
mod remote_many_lists;
#[cfg(feature = "remote")]
mod remote_outage;
#[cfg(feature = "remote")]
mod remote_tls;
mod rfc9068_keys;
mod rfc9068_libraries;
mod rfc9068_tokens;
mod signature_rules;
mod status_claim;
mod status_list;
mod status_list_token;
mod time_rules;
