//! The generator against a real server: the yardstick, in this process. No test of speed: only that every request is
//! answered and counted once, whatever the pace.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Result;
use tokio::sync::oneshot;

use crate::bare;
use crate::caller::Caller;
use crate::generator::{self, Group, Pace, Run, Window};
use crate::http::{self, Answer};
use crate::procfs;
use crate::session::Session;
use crate::traffic::{Operation, Pattern, Traffic, Visits};

/// The yardstick on a thread of its own, until it is dropped.
struct Yardstick {
    address: SocketAddr,
    /// Dropping it ends the thread.
    _stop: oneshot::Sender<()>,
}

impl Yardstick {
    fn start() -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let listener = runtime.block_on(bare::listen()).expect("a free port");
        let address = listener.local_addr().expect("it listens");
        let (stop, stopped) = oneshot::channel();
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    served = bare::serve(listener) => served.expect("it serves"),
                    _ = stopped => {}
                }
            });
        });
        Self { address, _stop: stop }
    }
}

fn sessions(count: usize) -> Vec<Session> {
    (0..count).map(|number| Session::new(number, number)).collect()
}

fn window(milliseconds: u64) -> Window {
    Window { warm_up: Duration::ZERO, length: Duration::from_millis(milliseconds) }
}

/// This process's own: the server is in it.
fn cpu() -> Result<Duration> {
    procfs::cpu_time(std::process::id())
}

fn run(window: Window, pace: Pace, traffic: &mut dyn Traffic) -> Result<Run> {
    let yardstick = Yardstick::start();
    let group = Group { address: yardstick.address, connections: 4, pace, traffic };
    generator::run(window, &mut [group], &cpu)
}

#[test]
fn a_closed_loop_answers_what_it_sends() {
    let mut sessions = sessions(8);
    let mut visits = Visits::new(&mut sessions, 4, Pattern::CALLS).at_most(500);
    let run = run(window(30_000), Pace::Closed, &mut visits).expect("only answers of 200");
    let [tally] = &run.tallies[..] else { panic!("one group") };
    assert_eq!((tally.sent, tally.answered), (500, 500));
    let latencies = &tally.latencies[&Operation::Me];
    assert_eq!(latencies.count(), 500);
    assert!(latencies.quantile(0.5) > 0.0 && latencies.quantile(0.5) <= latencies.longest());
}

#[test]
fn an_open_loop_sends_every_request_of_its_schedule_once() {
    let mut sessions = sessions(4);
    let mut visits = Visits::new(&mut sessions, 4, Pattern::CALLS);
    let pace = Pace::Open { per_second: 400.0 };
    let run = run(window(500), pace, &mut visits).expect("only answers of 200");
    let [tally] = &run.tallies[..] else { panic!("one group") };
    assert_eq!((tally.sent, tally.answered), (200, 200));
    assert_eq!(tally.latencies[&Operation::Me].count(), 200);
    assert!(tally.in_window <= 200 && run.seconds > 0.0);
}

#[test]
fn groups_share_a_run_and_are_counted_apart() {
    let yardstick = Yardstick::start();
    let (mut some, mut others) = (sessions(2), sessions(3));
    let mut closed = Visits::new(&mut some, 2, Pattern::CALLS);
    let mut open = Visits::new(&mut others, 3, Pattern::CALLS);
    let address = yardstick.address;
    let pace = Pace::Open { per_second: 200.0 };
    let mut groups = [
        Group { address, connections: 2, pace: Pace::Closed, traffic: &mut closed },
        Group { address, connections: 3, pace, traffic: &mut open },
    ];
    let run = generator::run(window(500), &mut groups, &cpu).expect("only answers of 200");
    let [closed, open] = &run.tallies[..] else { panic!("two groups") };
    assert_eq!((open.sent, open.answered), (100, 100));
    assert_eq!(closed.sent, closed.answered);
    assert!(closed.sent > 0);
}

/// Requests whose answers are refused from the third on.
struct Picky(u32);

impl Traffic for Picky {
    fn request(&mut self, _: usize, out: &mut Vec<u8>) -> Option<Operation> {
        Session::new(0, 0).write_me(out);
        Some(Operation::Me)
    }

    fn answer(&mut self, _: Operation, _: usize, _: &Answer<'_>) -> Result<()> {
        self.0 += 1;
        anyhow::ensure!(self.0 < 3, "enough");
        Ok(())
    }
}

#[test]
fn an_answer_that_is_refused_ends_the_run() {
    let error = run(window(30_000), Pace::Closed, &mut Picky(0)).err().expect("the third answer");
    assert_eq!(error.to_string(), "enough");
}

#[test]
fn a_path_that_is_not_there_ends_the_run_with_its_answer() {
    let mut sessions = sessions(4);
    // The yardstick has no refreshes.
    let mut visits = Visits::new(&mut sessions, 4, Pattern::REFRESHES);
    let error = run(window(30_000), Pace::Closed, &mut visits).err().expect("404");
    assert!(error.to_string().contains("Refresh was answered with 404"), "{error}");
}

#[test]
fn one_connection_waits_for_each_answer() {
    let yardstick = Yardstick::start();
    let mut caller = Caller::connect(yardstick.address).expect("a connection");
    let mut request = Vec::new();
    http::write_get(&mut request, shared::path::ME, &[]);
    for _ in 0..3 {
        let length = caller.call(&request, |answer| Ok(answer.body.len())).expect("200");
        assert!(length > 100, "{length}");
    }
    request.clear();
    http::write_get(&mut request, "/elsewhere", &[]);
    let error = caller.call(&request, |_| Ok(())).expect_err("404");
    assert!(error.to_string().starts_with("404"), "{error}");
}
