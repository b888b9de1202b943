//! The report: what was asked, what was found, and a shortest story for every promise that does not
//! hold. It is Markdown, because it is a part of `docs/design/rotation-proof.md`.

use std::fmt::Write as _;

use super::questions::{LIMITS, MISTAKES, PROMISES, Question, REJECTED};
use super::search::{Found, explore};

/// Explores every world and tells all of it.
pub(crate) fn report() -> String {
    let mut text = String::from("### What holds\n\n");
    text += "| world | always | moments | steps |\n| --- | --- | ---: | ---: |\n";
    let mut events = None;
    for question in PROMISES {
        let found = explore(&question.of, question.asked);
        let promises = question.asked.iter().map(|promise| promise.in_words());
        let promises = promises.collect::<Vec<_>>().join("; ");
        let (states, steps) = (thousands(found.states), thousands(found.steps));
        line(&mut text, &format!("| {} | {promises} | {states} | {steps} |", question.world));
        assert!(found.broken.is_none(), "a promise is broken: {}", question.world);
        events.get_or_insert(found);
    }
    text += "\nWhat happened in the first of these worlds, and how often:\n\n";
    line(&mut text, &events.map(|found| kinds(&found)).unwrap_or_default());
    stories(&mut text, "### Where the promises end", LIMITS);
    stories(&mut text, "### The rules that were rejected", REJECTED);
    stories(&mut text, "### Mistakes a server could make", MISTAKES);
    text
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

fn kinds(found: &Found) -> String {
    let seen = found.seen.iter().map(|(kind, times)| format!("{kind} {}", thousands(*times)));
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
