//! The real program as a child process: started, killed, told to stop, started again. Whatever
//! happens to the suite, a child ends with its handle. It must not know what the program answers.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use crate::timing::{STEP_TIMEOUT, Stopwatch, pause};

/// The contract promises a stop within 10 s of SIGTERM.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// A child's `PATH`: enough for the programs that wrap it.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The name under which the kernel keeps the most memory that a process has had.
pub(crate) const PEAK_MEMORY: &str = "VmHWM:";

/// How to start an instance.
#[derive(Clone)]
pub(crate) struct Launch {
    pub(crate) binary: PathBuf,
    /// A command that runs the program as its last arguments, and becomes it.
    pub(crate) wrapper: Vec<OsString>,
    /// What it is told.
    pub(crate) arguments: Vec<OsString>,
    /// Variables it runs with, and no others.
    pub(crate) environment: Vec<(String, String)>,
    /// Where it runs.
    pub(crate) folder: PathBuf,
    /// Its standard error, appended to at every start.
    pub(crate) log: PathBuf,
}

impl Launch {
    /// Tells it more.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(Into::into));
        self
    }
}

/// A program that says where it listens, which is running or between two runs.
pub(crate) struct Instance {
    launch: Mutex<Launch>,
    running: Mutex<Option<Child>>,
    address: Mutex<SocketAddr>,
}

impl Instance {
    /// Starts an instance and waits until it listens.
    pub(crate) async fn start(launch: Launch) -> Result<Self> {
        let nowhere = SocketAddr::from(([127, 0, 0, 1], 1));
        let instance = Self {
            launch: Mutex::new(launch),
            running: Mutex::new(None),
            address: Mutex::new(nowhere),
        };
        instance.restart().await?;
        Ok(instance)
    }

    /// Where it listens, or has listened until it ended.
    pub(crate) fn address(&self) -> SocketAddr {
        *self.address.lock().expect("an address is replaced whole")
    }

    /// Changes how it is started the next time.
    pub(crate) fn relaunch(&self, change: impl FnOnce(&mut Launch)) {
        change(&mut self.launch.lock().expect("no change panics"));
    }

    /// Its process id while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.running.lock().expect(CHILD).as_ref().map(Child::id)
    }

    /// The most memory it has had in this run, in MiB.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        self.status(PEAK_MEMORY)
    }

    /// The memory it has now, in MiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// The processor time it has used in this run, by all of its threads.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        let id = self.id().context("it runs")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // After the name in parentheses come the third field and those that follow it; the fourteenth and the
        // fifteenth count hundredths of a second.
        let (_, fields) = stat.rsplit_once(") ").context("a name in parentheses")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
        Ok(Duration::from_millis(10 * ticks.sum::<Result<u64, _>>()?))
    }

    fn status(&self, name: &'static str) -> Result<u64> {
        memory_of(self.id().context("it runs")?, name)
    }

    /// Starts it (again), on a new port, and waits until it listens.
    pub(crate) async fn restart(&self) -> Result<()> {
        let launch = self.launch.lock().expect("no change panics").clone();
        let mut child = spawn(&launch)?;
        let output = child.stdout.take().context("the pipe was asked for")?;
        *self.running.lock().expect(CHILD) = Some(child);
        let first_line = tokio::task::spawn_blocking(move || {
            let mut line = String::new();
            BufReader::new(output).read_line(&mut line).map(|_| line)
        });
        let Ok(line) = tokio::time::timeout(STEP_TIMEOUT, first_line).await else {
            self.kill();
            bail!("{} did not start within {STEP_TIMEOUT:?}", launch.binary.display());
        };
        let line = line.context("the reader does not panic")??;
        let Some(address) = line.trim().strip_prefix("listening on http://") else {
            self.kill();
            bail!("{} did not start:\n{}", launch.binary.display(), tail(&launch.log));
        };
        *self.address.lock().expect("an address is replaced whole") = address.parse()?;
        Ok(())
    }

    /// SIGKILL, without waiting for the end: may be called from anywhere.
    pub(crate) fn send_kill(&self) {
        if let Some(child) = self.running.lock().expect(CHILD).as_mut() {
            // It fails only for a process that has ended.
            let _ = child.kill();
        }
    }

    /// SIGKILL, and no process is left.
    pub(crate) fn kill(&self) {
        if let Some(mut child) = self.running.lock().expect(CHILD).take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Waits until it has ended of its own accord, within [`STEP_TIMEOUT`].
    pub(crate) async fn ended(&self) -> Result<()> {
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < STEP_TIMEOUT {
            if self.how_ended()?.is_some() {
                return Ok(());
            }
            pause(Duration::from_millis(5)).await;
        }
        bail!("the program did not end within {STEP_TIMEOUT:?}")
    }

    /// SIGTERM, and waits until it has drained and ended.
    pub(crate) async fn stop(&self) -> Result<()> {
        let Some(id) = self.id() else { return Ok(()) };
        signal("TERM", &[id])?;
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < STOP_TIMEOUT {
            match self.how_ended()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the program was told to stop and ended with {status}"),
                None => pause(Duration::from_millis(5)).await,
            }
        }
        self.kill();
        bail!("the program did not stop within {STOP_TIMEOUT:?} of SIGTERM")
    }

    /// How it ended, if it has. It must not be asked of one that was not started.
    fn how_ended(&self) -> Result<Option<ExitStatus>> {
        let mut running = self.running.lock().expect(CHILD);
        let child = running.as_mut().context("the program was not started")?;
        let status = child.try_wait()?;
        if status.is_some() {
            *running = None;
        }
        Ok(status)
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        self.kill();
    }
}

const CHILD: &str = "nobody panics while holding the child";

fn spawn(launch: &Launch) -> Result<Child> {
    let mut words = launch.wrapper.clone();
    words.push(launch.binary.clone().into());
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(&launch.arguments);
    command.env_clear().env("PATH", PATH).envs(launch.environment.iter().cloned());
    let log = File::options().create(true).append(true).open(&launch.log)?;
    command.current_dir(&launch.folder).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
    command.spawn().with_context(|| format!("{} cannot be started", words[0].display()))
}

/// Runs a command of the program to its end; what it says on standard output.
///
/// # Errors
/// If it fails.
pub(crate) async fn run_to_its_end(launch: Launch) -> Result<String> {
    let child = spawn(&launch)?;
    let output = tokio::task::spawn_blocking(move || child.wait_with_output()).await??;
    if !output.status.success() {
        bail!("{:?} ended with {}:\n{}", launch.arguments, output.status, tail(&launch.log));
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// What the kernel says of a process under this name, in MiB.
pub(crate) fn memory_of(id: u32, name: &'static str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).context(name)?;
    Ok(kilobytes.parse::<u64>()? / 1024)
}

/// Sends a signal to processes of ours.
pub(crate) fn signal(name: &str, ids: &[u32]) -> Result<()> {
    let ids = ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    // The shell's own: not every system has it as a program.
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {ids}")).status()?;
    if status.success() { Ok(()) } else { bail!("kill -{name}: {status}") }
}

/// The end of a log, for whoever must find out what went wrong.
fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
