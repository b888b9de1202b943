//! The report: what was asked, what was found, and a shortest story for every promise that does not
//! hold. It is Markdown, because it is a part of `docs/design/rotation-proof.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::questions::{LIMITS, MISTAKES, PROMISES, Question, REJECTED};
use super::search::{Found, explore};
use super::story::Event;

/// Explores every world and tells all of it.
pub(crate) fn report() -> String {
    let mut text = String::from("### What holds\n\n");
    text += "| world | always | moments | steps |\n| --- | --- | ---: | ---: |\n";
    let mut seen = BTreeMap::new();
    for question in PROMISES {
        let found = kept(question);
        let promises = question.asked.iter().map(|promise| promise.in_words());
        let promises = promises.collect::<Vec<_>>().join("; ");
        let (states, steps) = (thousands(found.states), thousands(found.steps));
        line(&mut text, &format!("| {} | {promises} | {states} | {steps} |", question.world));
        for (kind, times) in found.seen {
            *seen.entry(kind).or_insert(0) += times;
        }
    }
    for kind in Event::KINDS {
        assert!(seen.contains_key(kind), "it never happened that {kind}");
    }
    text += "\nWhat happened in these worlds, and how often:\n\n";
    line(&mut text, &kinds(&seen));
    stories(&mut text, "### Where the promises end", LIMITS);
    stories(&mut text, "### The rules that were rejected", REJECTED);
    stories(&mut text, "### Mistakes a server could make", MISTAKES);
    text
}

/// What was found where the promises are kept.
fn kept(question: &Question) -> Found {
    let found = explore(&question.of, question.asked);
    if let Some((promise, story)) = found.broken {
        let story = story.iter().map(|event| format!("\n  {event}")).collect::<String>();
        panic!("{}: {} no more:{story}", question.world, promise.in_words());
    }
    // A model that explores nothing finds no counterexample either.
    assert!(found.states > 10_000, "{}: only {} moments", question.world, found.states);
    found
}

fn stories(text: &mut String, heading: &str, questions: &[Question]) {
    line(text, &format!("\n{heading}"));
    for question in questions {
        let found = explore(&question.of, question.asked);
        let (promise, story) = found.broken.expect("each of these has a counterexample");
        line(
            text,
            &format!("\n**{}.** Broken: {}.\n", capital(question.world), promise.in_words()),
        );
        for (number, event) in story.iter().enumerate() {
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
