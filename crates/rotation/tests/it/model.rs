//! The model checker: it explores every interleaving of two tabs, a bad network, a crashing server and a thief with
//! one session, and calls the `decide` and `Family` of the server itself. `model/report.md` has the results;
//! `cargo xtask model` prints them.
//!
//! Read in this order: [`world`] (the possible faults), [`state`], [`step`] and [`server`] (the transitions),
//! [`invariants`], [`checks`] (which invariants are checked where), [`rules`] (the rejected rules, beside Baton's).
//! Sign-in has a model of its own: [`sign_in`].

mod checks;
mod invariants;
mod report;
mod rules;
mod search;
mod server;
mod sign_in;
mod state;
mod step;
mod trace;
mod world;

use checks::{LIMITS, MISTAKES, REJECTED};
use search::{Check, Model, explore};
use sign_in::checks as sign_ins;

/// The report as published.
const PUBLISHED: &str = include_str!("model/report.md");
/// Where `cargo xtask model` finds the report.
const FOUND: &str = concat!(env!("CARGO_TARGET_TMPDIR"), "/report.md");

fn each_has_a_counterexample<W: Model>(checks: &[Check<W>]) {
    for check in checks {
        assert!(explore(&check.of, check.invariants).broken.is_some(), "{}", check.world);
    }
}

#[test]
fn the_limits_are_limits() {
    each_has_a_counterexample(LIMITS);
    each_has_a_counterexample(sign_ins::LIMITS);
}

#[test]
fn every_rejected_rule_has_its_counterexample() {
    each_has_a_counterexample(REJECTED);
    each_has_a_counterexample(sign_ins::REJECTED);
}

#[test]
fn every_mistake_in_the_servers_writes_is_noticed() {
    each_has_a_counterexample(MISTAKES);
    each_has_a_counterexample(sign_ins::MISTAKES);
}

/// Explores every world of a promise completely, and every other to its first counterexample.
#[test]
fn every_promise_is_kept_and_the_report_holds_what_the_model_finds() {
    let report = report::report();
    std::fs::write(FOUND, &report).expect("cargo has made this folder");
    assert!(
        PUBLISHED.trim() == report.trim(),
        "model/report.md is out of date: `cargo xtask model --write`"
    );
}
