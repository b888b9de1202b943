//! Status lists as services fetch them, one after the other: whole, and unless they have changed. What they cost with
//! many sessions is computed: `cargo bench -p backend --bench status_lists`.

use anyhow::{Context as _, Result, ensure};
use shared::path;

use crate::bench::Bench;
use crate::database::Engine;
use crate::generator::{Group, Pace};
use crate::http::{self, Answer};
use crate::measurement::measure;
use crate::results::{BYTES_EACH, LISTS, Point};
use crate::target::Target;
use crate::traffic::{Operation, Traffic};

/// The number of lists; their numbers begin with one.
const NUMBERS: u8 = 128;

/// Two points: lists that are sent, and lists that the service has.
pub(super) fn status_lists(bench: &mut Bench, engine: Engine) -> Result<Vec<Point>> {
    let scale = bench.scale.clone();
    let Target { server, .. } = bench.steady(engine)?;
    let mut points = Vec::new();
    for (name, is_conditional) in [("status-lists", false), ("status-lists known", true)] {
        let mut fetches = Fetches::new(scale.connections, is_conditional);
        let (address, connections) = (server.address(), scale.connections);
        let group = Group { address, connections, pace: Pace::Closed, traffic: &mut fetches };
        let measured = measure(scale.window, &[&*server], &mut [group])?;
        let mut figures = measured.figures(0, Operation::List);
        let answers = measured.answered(0).max(1);
        figures.insert(BYTES_EACH.to_owned(), fetches.bytes as f64 / answers as f64);
        points.push(Point::new(name, engine.server(), (LISTS, f64::from(NUMBERS)), figures));
    }
    Ok(points)
}

/// Fetches of all lists in turn.
pub(super) struct Fetches {
    next: usize,
    is_conditional: bool,
    /// Of each connection: the list of its last request.
    current: Vec<usize>,
    /// Of each list: the entity tag of the last answer.
    tags: Vec<Option<String>>,
    /// How many the answers take.
    bytes: u64,
}

impl Fetches {
    pub(super) fn new(connections: usize, is_conditional: bool) -> Self {
        let (current, tags) = (vec![0; connections], vec![None; usize::from(NUMBERS)]);
        Self { next: 0, is_conditional, current, tags, bytes: 0 }
    }
}

impl Traffic for Fetches {
    fn request(&mut self, connection: usize, out: &mut Vec<u8>) -> Option<Operation> {
        let list = self.next % self.tags.len();
        self.next += 1;
        self.current[connection] = list;
        let number = u8::try_from(list).ok()? + 1;
        let known = self.tags[list].as_deref().filter(|_| self.is_conditional);
        let known = known.map(|tag| ("if-none-match", tag));
        http::write_get(out, &path::status_list(number), known.as_slice());
        Some(Operation::List)
    }

    fn answer(
        &mut self,
        operation: Operation,
        connection: usize,
        answer: &Answer<'_>,
    ) -> Result<()> {
        operation.check(answer)?;
        let tag = answer.all("etag").next().context("a list without an entity tag")?;
        ensure!(
            answer.status == 200 || self.is_conditional,
            "a list was not sent that was not known"
        );
        self.tags[self.current[connection]] = Some(tag.to_owned());
        self.bytes += answer.length as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(fetches: &mut Fetches) -> String {
        let mut out = Vec::new();
        assert_eq!(fetches.request(0, &mut out), Some(Operation::List));
        String::from_utf8(out).expect("ASCII")
    }

    fn take(fetches: &mut Fetches, status: &str) -> Result<()> {
        let text = format!("HTTP/1.1 {status}\r\netag: W/\"a\"\r\ncontent-length: 0\r\n\r\n");
        let answer = http::read(text.as_bytes())?.context("it is whole")?;
        fetches.answer(Operation::List, 0, &answer)
    }

    #[test]
    fn every_list_has_its_turn_and_a_known_one_its_tag() {
        for is_conditional in [false, true] {
            let mut fetches = Fetches::new(1, is_conditional);
            for number in 1..=NUMBERS {
                let text = sent(&mut fetches);
                assert!(text.starts_with(&format!("GET /status-lists/{number} HTTP/1.1\r\n")));
                assert!(!text.contains("if-none-match"), "{text}");
                take(&mut fetches, "200 OK").expect("a list");
            }
            let text = sent(&mut fetches);
            assert!(text.starts_with("GET /status-lists/1 HTTP/1.1\r\n"), "{text}");
            assert_eq!(text.contains("\r\nif-none-match: W/\"a\"\r\n"), is_conditional, "{text}");
            assert_eq!(take(&mut fetches, "304 Not Modified").is_ok(), is_conditional);
            assert!(take(&mut fetches, "503 Service Unavailable").is_err());
        }
    }
}
