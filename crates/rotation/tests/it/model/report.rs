//! The report: the checks, their results, and a shortest trace for every invariant that is broken. It is Markdown, in
//! `report.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::checks::{LIMITS, MISTAKES, PROMISES, REJECTED};
use super::search::{Check, Found, Model, explore};
use super::sign_in::checks as sign_in;
use super::sign_in::trace as sign_in_trace;
use super::trace::Event;

/// Explores every world and writes the report.
pub(crate) fn report() -> String {
    let mut text = "# What the model checker finds\n\n".to_owned();
    table(&mut text, "## What holds", PROMISES, &Event::KINDS);
    counterexamples(&mut text, "## Where the promises end", LIMITS);
    counterexamples(&mut text, "## The rules that were rejected", REJECTED);
    counterexamples(&mut text, "## Mistakes a server could make", MISTAKES);
    text.push('\n');
    let kinds = &sign_in_trace::Event::KINDS;
    table(&mut text, "## Sign-in: what holds", sign_in::PROMISES, kinds);
    counterexamples(&mut text, "## Sign-in: where the promises end", sign_in::LIMITS);
    counterexamples(&mut text, "## Sign-in: the rules that were rejected", sign_in::REJECTED);
    counterexamples(&mut text, "## Sign-in: mistakes a server could make", sign_in::MISTAKES);
    text
}

/// The results in the worlds of promises. Each event of `must_be_seen` must have happened there.
fn table<W: Model>(
    text: &mut String,
    heading: &str,
    checks: &[Check<W>],
    must_be_seen: &[&'static str],
) {
    line(text, &format!("{heading}\n"));
    line(text, "| world | always | moments | steps |");
    line(text, "| --- | --- | ---: | ---: |");
    let mut seen: BTreeMap<&'static str, usize> = BTreeMap::new();
    for check in checks {
        let found = assert_holds(check);
        let invariants = check.invariants.iter().map(|invariant| W::in_words(*invariant));
        let invariants = invariants.collect::<Vec<_>>().join("; ");
        let (states, steps) = (thousands(found.states), thousands(found.steps));
        line(text, &format!("| {} | {invariants} | {states} | {steps} |", check.world));
        for (kind, times) in found.seen {
            *seen.entry(kind).or_default() += times;
        }
    }
    for kind in must_be_seen {
        assert!(seen.contains_key(kind), "it never happened that {kind}");
    }
    line(text, "\nWhat happened in these worlds, and how often:\n");
    line(text, &kinds(&seen));
}

/// Explores a world in which the invariants must hold.
fn assert_holds<W: Model>(check: &Check<W>) -> Found<W> {
    let found = explore(&check.of, check.invariants);
    if let Some((invariant, trace)) = &found.broken {
        let trace = trace.iter().map(|event| format!("\n  {event}")).collect::<String>();
        panic!("{}: {} no more:{trace}", check.world, W::in_words(*invariant));
    }
    // A model that explores no states finds no counterexample either.
    assert!(found.states > 10_000, "{}: only {} moments", check.world, found.states);
    found
}

fn counterexamples<W: Model>(text: &mut String, heading: &str, checks: &[Check<W>]) {
    line(text, &format!("\n{heading}"));
    for check in checks {
        let found = explore(&check.of, check.invariants);
        let (invariant, trace) = found.broken.expect("each of these has a counterexample");
        line(
            text,
            &format!("\n**{}.** Broken: {}.\n", capital(check.world), W::in_words(invariant)),
        );
        for (number, event) in trace.iter().enumerate() {
            line(text, &format!("{}. {event}", number + 1));
        }
    }
}

fn kinds(seen: &BTreeMap<&'static str, usize>) -> String {
    let seen = seen.iter().map(|(kind, times)| format!("{kind} {}", thousands(*times)));
    format!("{}.", capital(&seen.collect::<Vec<_>>().join(", ")))
}

fn capital(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn thousands(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "{line}").expect("a string takes everything");
}
