//! The test environment of one scenario: folder, database, seeded RNG, counters and violations.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

use crate::database::{Database, Engine};
use crate::http::{Answer, CallError};
use crate::instance::{Instance, Launch};
use crate::rng::SeededRng;
use crate::route::free_port;

/// The programs under test.
#[derive(Clone)]
pub(crate) struct Programs {
    /// As it ships.
    pub(crate) binary: PathBuf,
    /// The same code with failpoints: it ends itself at a named moment.
    pub(crate) failpoints: PathBuf,
    /// A resource server that accepts its access tokens.
    pub(crate) notes: PathBuf,
    pub(crate) envoy: PathBuf,
}

/// One run of one scenario on one engine.
pub(crate) struct TestEnv {
    pub(crate) programs: Programs,
    pub(crate) engine: Engine,
    pub(crate) database: Database,
    /// The origin of the site. A server listens there only in scenarios with a gateway; elsewhere it is the value of
    /// the `Origin` header.
    pub(crate) origin: String,
    pub(crate) rounds: u64,
    /// A full run: latencies are held to their bounds, and scenarios may wait for a token's expiry. A smoke run
    /// beside other tests measures no latency and has no time.
    pub(crate) measures: bool,
    pub(crate) rng: SeededRng,
    pub(crate) counters: Counters,
    folder: TempDir,
    instances: AtomicUsize,
}

#[derive(Default)]
pub(crate) struct Counters {
    /// Refreshes answered with 200.
    pub(crate) refreshes: AtomicU64,
    /// Failures that leave the session alone: the client retries.
    pub(crate) transient: AtomicU64,
    violations: Mutex<Vec<String>>,
    remarks: Mutex<Vec<String>>,
}

/// Violations of one kind are alike: 20 are enough to find the cause.
const MOST_VIOLATIONS: usize = 20;

impl TestEnv {
    pub(crate) fn new(
        programs: Programs,
        engine: Engine,
        database: Database,
        rounds: u64,
        rng: SeededRng,
        folder: TempDir,
    ) -> Result<Self> {
        let (counters, instances) = (Counters::default(), AtomicUsize::new(0));
        let origin = format!("http://localhost:{}", free_port()?);
        Ok(Self {
            programs,
            engine,
            database,
            origin,
            rounds,
            measures: true,
            rng,
            counters,
            folder,
            instances,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder, for debugging.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// How long a part of a scenario lasts: in a smoke run, which measures nothing, a quarter.
    pub(crate) fn spell(&self, full: Duration) -> Duration {
        if self.measures { full } else { full / 4 }
    }

    /// How to start an instance here, without rate limits.
    pub(crate) fn launch(&self) -> Launch {
        self.launch_on(&self.database.url())
    }

    /// The same, with the database at this URL.
    pub(crate) fn launch_on(&self, database: &str) -> Launch {
        self.launch_with_limits(database).with(&["--limits", "off"])
    }

    /// The same, with the rate limits of production.
    pub(crate) fn launch_with_limits(&self, database: &str) -> Launch {
        let keys = self.folder().join("keys");
        let mut launch = self.launch_of(&self.programs.binary).with(&["serve"]);
        launch = launch.with(&["--listen", "127.0.0.1:0", "--origin", &self.origin]);
        launch = launch.with(&["--database", database, "--keys"]);
        launch.arguments.push(keys.into());
        launch
    }

    /// How to start any program here, without arguments.
    pub(crate) fn launch_of(&self, binary: &Path) -> Launch {
        Launch {
            binary: binary.to_path_buf(),
            wrapper: Vec::new(),
            arguments: Vec::new(),
            environment: Vec::new(),
            folder: self.folder().to_path_buf(),
            log: self.log(),
        }
    }

    /// A log file for one more program.
    pub(crate) fn log(&self) -> PathBuf {
        let number = self.instances.fetch_add(1, Ordering::Relaxed);
        self.folder().join(format!("instance-{number}.log"))
    }

    /// Starts an instance.
    pub(crate) async fn start(&self) -> Result<Instance> {
        Instance::start(self.launch()).await
    }

    /// Records the violation of an invariant.
    pub(crate) fn violation(&self, text: impl Into<String>) {
        let mut violations = self.counters.violations.lock().expect("pushing does not panic");
        if violations.len() < MOST_VIOLATIONS {
            violations.push(text.into());
        }
    }

    /// Records a violation if the duration exceeds its bound.
    pub(crate) fn check_bound(&self, bound: Duration, took: Duration, what: &str) {
        if took > bound {
            self.violation(format!("{what} {took:.2?}, which is more than {bound:?}"));
        }
    }

    /// Records a violation if an instance's peak memory exceeds its bound, in MiB.
    pub(crate) fn check_memory(&self, bound: u64, instances: &[Instance]) -> Result<()> {
        let peaks: Vec<u64> = instances.iter().map(Instance::peak_memory).collect::<Result<_>>()?;
        self.remark(format!("memory of the instances: {peaks:?} MiB at most"));
        if peaks.iter().any(|&peak| peak > bound) {
            self.violation(format!("more memory than {bound} MiB: {peaks:?}"));
        }
        Ok(())
    }

    /// Records a figure for the report.
    pub(crate) fn remark(&self, text: impl Into<String>) {
        self.counters.remarks.lock().expect("pushing does not panic").push(text.into());
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.counters.violations.lock().expect("pushing does not panic").clone()
    }

    pub(crate) fn remarks(&self) -> Vec<String> {
        self.counters.remarks.lock().expect("pushing does not panic").clone()
    }

    /// Checks the invariants of every answer, in any state of the system: no timeout, 5xx only as 503 with
    /// `Retry-After`, no cookie in a 5xx.
    pub(crate) fn inspect(&self, what: &str, outcome: &Result<Answer, CallError>) {
        let answer = match outcome {
            Ok(answer) => answer,
            Err(lost) => {
                if lost.timed_out {
                    self.violation(format!("{what}: {}", lost.why));
                }
                return;
            }
        };
        let status = answer.status;
        if status >= 500 {
            if status != 503 || answer.header("retry-after").is_none() {
                self.violation(format!("{what}: {status} without a time to try again"));
            }
            if answer.header("set-cookie").is_some() {
                self.violation(format!("{what}: {status} touches the cookies"));
            }
        }
    }

    /// Lines of all the logs that contain `needle`.
    pub(crate) fn log_lines(&self, needle: &str) -> Result<Vec<String>> {
        let mut found = Vec::new();
        for number in 0..self.instances.load(Ordering::Relaxed) {
            let log = std::fs::read(self.folder().join(format!("instance-{number}.log")))?;
            let log = String::from_utf8_lossy(&log);
            found.extend(log.lines().filter(|line| line.contains(needle)).map(str::to_owned));
        }
        Ok(found)
    }
}
