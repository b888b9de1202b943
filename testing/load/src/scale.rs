//! How much of everything is measured: a full run, or a smoke run in which every workload takes a second.

use std::time::Duration;

use crate::arguments::Options;
use crate::generator::Window;

/// The sizes of a run.
#[derive(Clone)]
pub(crate) struct Scale {
    pub(crate) rounds: u32,
    pub(crate) window: Window,
    /// Connections of the closed loops.
    pub(crate) connections: usize,
    /// Logged-in sessions that call and refresh: a multiple of the connections.
    pub(crate) sessions: usize,
    /// Loads of the open loops, in percent of what the closed loop reached.
    pub(crate) shares: &'static [u32],
    /// How many rows the table of sessions has, in ascending order.
    pub(crate) rows: &'static [u64],
    /// How many connections are open, in ascending order; the first is the base.
    pub(crate) idle_connections: &'static [usize],
    /// Sessions that grow the database, and how often each is refreshed.
    pub(crate) growth: (usize, u64),
    /// The same, for an hour or so.
    pub(crate) long_growth: (usize, u64),
    /// Live sessions that are used for a long time; how often their memory is looked at, and how long each time takes.
    pub(crate) soak: (usize, u32, Duration),
    /// Access tokens that are presented once, for each second.
    pub(crate) first_calls: usize,
}

impl Scale {
    pub(crate) fn of(options: &Options) -> Self {
        let window = |milliseconds| Window {
            warm_up: Duration::from_millis(milliseconds / 5),
            length: Duration::from_millis(milliseconds),
        };
        if options.few {
            Self {
                rounds: 1,
                window: window(1_000),
                connections: 16,
                sessions: 16,
                shares: &[50],
                rows: &[1_000],
                idle_connections: &[1, 100],
                growth: (16, 10),
                long_growth: (16, 20),
                soak: (64, 2, Duration::from_millis(500)),
                first_calls: 1_000,
            }
        } else {
            Self {
                rounds: options.rounds,
                window: window(1_000 * u64::from(options.seconds)),
                connections: 32,
                sessions: 64,
                shares: &[10, 25, 50, 75, 90],
                rows: &[1_000, 10_000, 100_000, 1_000_000],
                idle_connections: &[1, 100, 1_000, 10_000],
                growth: (1_000, 50),
                long_growth: (1_000, 10_000),
                soak: (100_000, 12, Duration::from_secs(300)),
                first_calls: 8_000,
            }
        }
    }
}
