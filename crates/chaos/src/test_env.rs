//! What a scenario plays on: a folder, a database, chance, and the counts of what happened. It must
//! not know any scenario.

use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::Result;
use tempfile::TempDir;

use crate::database::{Database, Engine};
use crate::edge;
use crate::http::{Answer, CallError};
use crate::instance::{Instance, Launch};
use crate::rng::SeededRng;

/// The programs under test.
#[derive(Clone)]
pub(crate) struct Programs {
    /// As it ships.
    pub(crate) binary: PathBuf,
    /// The same code, built to end itself at a named moment.
    pub(crate) failpoints: PathBuf,
    /// The service that trusts its tokens.
    pub(crate) notes: PathBuf,
    /// Envoy.
    pub(crate) envoy: PathBuf,
}

/// One run of one scenario on one engine.
pub(crate) struct TestEnv {
    pub(crate) programs: Programs,
    pub(crate) engine: Engine,
    pub(crate) database: Database,
    /// The origin that browsers see. Only stories with a gateway have somebody who listens there; to the
    /// others it is a name that calls must give.
    pub(crate) origin: String,
    pub(crate) rounds: u64,
    /// Whether figures of speed are held to their bounds, and a token's life is waited for. A few rounds among other
    /// tests say nothing of speed, and have no time.
    pub(crate) measures: bool,
    pub(crate) rng: SeededRng,
    pub(crate) counters: Counters,
    folder: TempDir,
    instances: AtomicUsize,
}

/// What was counted.
#[derive(Default)]
pub(crate) struct Counters {
    /// Refreshes that were answered with 200.
    pub(crate) refreshes: AtomicU64,
    /// Calls that failed in a way that leaves the session alone.
    pub(crate) transient: AtomicU64,
    violations: Mutex<Vec<String>>,
    remarks: Mutex<Vec<String>>,
}

/// Violations of one kind are alike: a few are enough to find the cause.
const MOST_VIOLATIONS: usize = 20;

impl TestEnv {
    pub(crate) fn new(
        programs: Programs,
        (engine, database): (Engine, Database),
        rounds: u64,
        rng: SeededRng,
        folder: TempDir,
    ) -> Result<Self> {
        let (counters, instances) = (Counters::default(), AtomicUsize::new(0));
        let origin = format!("http://localhost:{}", edge::free_port()?);
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

    /// Keeps the folder, for whoever must find out what went wrong.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    /// How an instance is started here.
    pub(crate) fn launch(&self) -> Launch {
        self.launch_on(&self.database.url())
    }

    /// The same, with the database at this URL.
    pub(crate) fn launch_on(&self, database: &str) -> Launch {
        self.launch_with_limits(database).with(&["--limits", "off"])
    }

    /// The same, and calls are limited as they are for users.
    pub(crate) fn launch_with_limits(&self, database: &str) -> Launch {
        let keys = self.folder().join("keys");
        let mut launch = self.launch_of(&self.programs.binary).with(&["serve"]);
        launch = launch.with(&["--listen", "127.0.0.1:0", "--origin", &self.origin]);
        launch = launch.with(&["--database", database, "--keys"]);
        launch.arguments.push(keys.into());
        launch
    }

    /// How any program is started here. It has not been told anything.
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

    /// A running instance.
    pub(crate) async fn start(&self) -> Result<Instance> {
        Instance::start(self.launch()).await
    }

    /// Records that something happened that must never happen.
    pub(crate) fn violation(&self, text: impl Into<String>) {
        let mut violations = self.counters.violations.lock().expect("pushing does not panic");
        if violations.len() < MOST_VIOLATIONS {
            violations.push(text.into());
        }
    }

    /// Notes a promise in seconds that was not kept.
    pub(crate) fn check_bound(&self, bound: Duration, took: Duration, what: &str) {
        if took > bound {
            self.violation(format!("{what} {took:.2?}, which is more than {bound:?}"));
        }
    }

    /// Notes a promise of memory, in MiB, that an instance did not keep.
    pub(crate) fn check_memory(&self, bound: u64, instances: &[Instance]) -> Result<()> {
        let peaks: Vec<u64> = instances.iter().map(Instance::peak_memory).collect::<Result<_>>()?;
        self.remark(format!("memory of the instances: {peaks:?} MiB at most"));
        if peaks.iter().any(|&peak| peak > bound) {
            self.violation(format!("more memory than {bound} MiB: {peaks:?}"));
        }
        Ok(())
    }

    /// Records a figure worth reading.
    pub(crate) fn remark(&self, text: impl Into<String>) {
        self.counters.remarks.lock().expect("pushing does not panic").push(text.into());
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.counters.violations.lock().expect("pushing does not panic").clone()
    }

    pub(crate) fn remarks(&self) -> Vec<String> {
        self.counters.remarks.lock().expect("pushing does not panic").clone()
    }

    /// What holds for every answer, whatever was asked and whatever is broken at the time.
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
