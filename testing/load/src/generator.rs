//! The generator: one thread, connections that never block. A closed loop sends when the connection is answered; an
//! open loop sends when a request is due, and counts its latency from then, sent or not. Every request that was sent
//! is waited for, so that sessions keep the cookies they were given.

use std::collections::{BTreeMap, VecDeque};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use mio::{Events, Poll, Token};

use crate::connection::Connection;
use crate::histogram::Latencies;
use crate::interrupt;
use crate::procfs;
use crate::schedule::Schedule;
use crate::timing::Stopwatch;
use crate::traffic::{Operation, Traffic};

/// How long the last answers may take.
const DRAIN: Duration = Duration::from_secs(20);
/// The kernel wakes a waiting thread by the millisecond: what is due sooner is polled for.
const SPIN: Duration = Duration::from_millis(2);

/// When requests are sent.
#[derive(Clone, Copy)]
pub(crate) enum Pace {
    /// When the connection is free.
    Closed,
    /// At this rate.
    Open { per_second: f64 },
    /// At this rate, to the millisecond: for hours, in which the generator must leave the CPU to others. Its latencies
    /// say nothing.
    Steady { per_second: f64 },
}

/// Connections that share a pace and a kind of traffic.
pub(crate) struct Group<'t> {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    pub(crate) pace: Pace,
    pub(crate) traffic: &'t mut dyn Traffic,
}

/// When requests count: after the warm-up, for so long.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) warm_up: Duration,
    pub(crate) length: Duration,
}

/// What one group did.
#[derive(Default)]
pub(crate) struct Tally {
    /// Requests, the warm-up's included.
    pub(crate) sent: u64,
    /// Answers to them.
    pub(crate) answered: u64,
    /// Answers that arrived within the window.
    pub(crate) in_window: u64,
    /// Latencies of the requests that were due within the window.
    pub(crate) latencies: BTreeMap<Operation, Latencies>,
}

/// A measurement.
pub(crate) struct Run {
    /// In the order of the groups.
    pub(crate) tallies: Vec<Tally>,
    /// The length of the window.
    pub(crate) seconds: f64,
    /// The servers' CPU time in it.
    pub(crate) cpu: Duration,
    /// The generator's own.
    pub(crate) own_cpu: Duration,
}

/// Sends the traffic of all groups. `cpu` is the servers' CPU time so far.
///
/// # Errors
/// If an answer is not as expected, a connection is closed, or the servers are slower than the pace.
pub(crate) fn run(
    window: Window,
    groups: &mut [Group<'_>],
    cpu: &dyn Fn() -> Result<Duration>,
) -> Result<Run> {
    let mut generator = Generator::connect(window, groups)?;
    let (begin, end) = generator.run(cpu)?;
    Ok(Run {
        tallies: generator.lanes.into_iter().map(|lane| lane.tally).collect(),
        seconds: (end.at - begin.at).as_secs_f64(),
        cpu: end.cpu - begin.cpu,
        own_cpu: end.own_cpu - begin.own_cpu,
    })
}

/// CPU times at an instant.
struct Sample {
    at: Duration,
    cpu: Duration,
    own_cpu: Duration,
}

/// A request under way.
struct Exchange {
    operation: Operation,
    due: Duration,
}

/// A connection and its place.
struct Seat {
    connection: Connection,
    group: usize,
    number: usize,
    exchange: Option<Exchange>,
}

/// A group's state.
#[derive(Default)]
struct Lane {
    /// The seats without a request under way, longest first.
    idle: VecDeque<usize>,
    /// Of an open loop.
    schedule: Option<Schedule>,
    tally: Tally,
}

struct Generator<'g, 't> {
    poll: Poll,
    groups: &'g mut [Group<'t>],
    lanes: Vec<Lane>,
    seats: Vec<Seat>,
    clock: Stopwatch,
    begin: Duration,
    end: Duration,
}

impl<'g, 't> Generator<'g, 't> {
    fn connect(window: Window, groups: &'g mut [Group<'t>]) -> Result<Self> {
        let poll = Poll::new().context("epoll is not available")?;
        let (mut lanes, mut seats) = (Vec::new(), Vec::new());
        for (number_of_group, group) in groups.iter().enumerate() {
            let mut lane = Lane::default();
            if let Pace::Open { per_second } | Pace::Steady { per_second } = group.pace {
                lane.schedule = Some(Schedule::new(per_second));
            }
            for number in 0..group.connections {
                let seat = seats.len();
                let connection = Connection::open(group.address, poll.registry(), Token(seat))?;
                seats.push(Seat { connection, group: number_of_group, number, exchange: None });
                lane.idle.push_back(seat);
            }
            lanes.push(lane);
        }
        let (begin, end) = (window.warm_up, window.warm_up + window.length);
        Ok(Self { poll, groups, lanes, seats, clock: Stopwatch::start(), begin, end })
    }

    /// Runs until every request is answered; CPU times at the window's begin and end.
    fn run(&mut self, cpu: &dyn Fn() -> Result<Duration>) -> Result<(Sample, Sample)> {
        let sample = |at| -> Result<Sample> {
            let own_cpu = procfs::cpu_time(std::process::id())?;
            Ok(Sample { at, cpu: cpu()?, own_cpu })
        };
        let (mut begin, mut end) = (None, None);
        let mut events = Events::with_capacity(1024);
        self.clock = Stopwatch::start();
        loop {
            let now = self.clock.elapsed();
            if begin.is_none() && now >= self.begin {
                begin = Some(sample(now)?);
            }
            if end.is_none() && now >= self.end {
                end = Some(sample(now)?);
            }
            self.send_what_is_due(now)?;
            if end.is_some() && self.is_quiet() {
                break;
            }
            ensure!(now < self.end + DRAIN, "the server is slower than the pace of the requests");
            match self.poll.poll(&mut events, Some(self.patience(now))) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                polled => polled?,
            }
            interrupt::check()?;
            for event in &events {
                self.handle(event.token().0, event.is_read_closed())?;
            }
        }
        begin.zip(end).context("the traffic ended before the window began")
    }

    fn send_what_is_due(&mut self, now: Duration) -> Result<()> {
        for group in 0..self.lanes.len() {
            loop {
                let lane = &mut self.lanes[group];
                let due = lane.schedule.as_ref().map_or(now, Schedule::due);
                if due > now || due >= self.end {
                    break;
                }
                let Some(seat) = lane.idle.pop_front() else { break };
                if let Some(schedule) = &mut lane.schedule {
                    schedule.advance();
                }
                self.send(seat, due)?;
            }
        }
        Ok(())
    }

    /// Sends the next request of a seat.
    fn send(&mut self, number: usize, due: Duration) -> Result<()> {
        let seat = &mut self.seats[number];
        let traffic = &mut self.groups[seat.group].traffic;
        match traffic.request(seat.number, seat.connection.request()) {
            Some(operation) => {
                seat.exchange = Some(Exchange { operation, due });
                self.lanes[seat.group].tally.sent += 1;
                seat.connection.write()
            }
            None => {
                self.end = self.end.min(self.clock.elapsed());
                Ok(())
            }
        }
    }

    fn handle(&mut self, number: usize, is_closed: bool) -> Result<()> {
        let seat = &mut self.seats[number];
        seat.connection.write()?;
        seat.connection.read(is_closed)?;
        let Some(answer) = seat.connection.answer()? else { return Ok(()) };
        let now = self.clock.elapsed();
        let Exchange { operation, due } =
            seat.exchange.take().context("an answer to no request")?;
        ensure!(!answer.closes(), "the server closes a connection with {}", answer.shown());
        self.groups[seat.group].traffic.answer(operation, seat.number, &answer)?;
        let length = answer.length;
        seat.connection.finish(length)?;
        let lane = &mut self.lanes[seat.group];
        lane.tally.answered += 1;
        lane.tally.in_window += u64::from((self.begin..self.end).contains(&now));
        if (self.begin..self.end).contains(&due) {
            let latencies = lane.tally.latencies.entry(operation).or_insert_with(Latencies::new);
            latencies.record(now.saturating_sub(due));
        }
        if lane.schedule.is_some() || now >= self.end {
            lane.idle.push_back(number);
            return Ok(());
        }
        self.send(number, self.clock.elapsed())
    }

    /// Whether no request is under way or overdue.
    fn is_quiet(&self) -> bool {
        let is_overdue = |lane: &Lane| lane.schedule.as_ref().is_some_and(|it| it.due() < self.end);
        self.seats.iter().all(|seat| seat.exchange.is_none()) && !self.lanes.iter().any(is_overdue)
    }

    /// How long to wait for an event before something else is due.
    fn patience(&self, now: Duration) -> Duration {
        let boundaries = [self.begin, self.end, self.end + DRAIN];
        let boundary = boundaries.into_iter().filter(|it| *it > now);
        let with_seat = self.lanes.iter().filter(|lane| !lane.idle.is_empty());
        let due = with_seat.filter_map(|lane| Some(lane.schedule.as_ref()?.due()));
        let next = boundary.chain(due).min().unwrap_or(now);
        let left = next.saturating_sub(now);
        if self.groups.iter().any(|group| matches!(group.pace, Pace::Steady { .. })) {
            left
        } else if left < SPIN {
            Duration::ZERO
        } else {
            left - SPIN / 2
        }
    }
}
