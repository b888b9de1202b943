//! The real program as a child process: started, killed, stopped (SIGTERM), restarted. A child is killed when its
//! handle is dropped, also if the suite panics.

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

/// The promised deadline of a graceful shutdown: 10 s after SIGTERM.
const STOP_TIMEOUT: Duration = Duration::from_secs(10);
/// A child's `PATH`: enough for the programs that wrap it.
pub(crate) const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The kernel's name for a process's peak memory (`/proc/PID/status`).
pub(crate) const PEAK_MEMORY: &str = "VmHWM:";

/// How to start an instance.
#[derive(Clone)]
pub(crate) struct Launch {
    pub(crate) binary: PathBuf,
    /// A command that takes the program and its arguments as its last arguments, and execs it.
    pub(crate) wrapper: Vec<OsString>,
    pub(crate) arguments: Vec<OsString>,
    /// Its whole environment, beside `PATH`.
    pub(crate) environment: Vec<(String, String)>,
    /// Its working directory.
    pub(crate) folder: PathBuf,
    /// Its standard error, appended to at every start.
    pub(crate) log: PathBuf,
}

impl Launch {
    /// Adds arguments.
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments.extend(arguments.iter().map(Into::into));
        self
    }
}

/// A program that prints its listening address; running, or between two runs.
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

    /// The listening address of this run, or of the last one.
    pub(crate) fn address(&self) -> SocketAddr {
        *self.address.lock().expect("an address is replaced whole")
    }

    /// Changes the settings of the next start.
    pub(crate) fn relaunch(&self, change: impl FnOnce(&mut Launch)) {
        change(&mut self.launch.lock().expect("no change panics"));
    }

    /// Its process id while it runs.
    pub(crate) fn id(&self) -> Option<u32> {
        self.running.lock().expect(CHILD).as_ref().map(Child::id)
    }

    /// Its peak memory in this run, in MiB.
    pub(crate) fn peak_memory(&self) -> Result<u64> {
        self.status(PEAK_MEMORY)
    }

    /// Its memory now, in MiB.
    pub(crate) fn memory(&self) -> Result<u64> {
        self.status("VmRSS:")
    }

    /// Its CPU time in this run, over all threads.
    pub(crate) fn cpu_time(&self) -> Result<Duration> {
        let id = self.id().context("it runs")?;
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))?;
        // After the name in parentheses follows the third field; the fourteenth and the fifteenth (user and system
        // time) count hundredths of a second.
        let (_, fields) = stat.rsplit_once(") ").context("a name in parentheses")?;
        let ticks = fields.split(' ').skip(11).take(2).map(str::parse::<u64>);
        Ok(Duration::from_millis(10 * ticks.sum::<Result<u64, _>>()?))
    }

    fn status(&self, name: &'static str) -> Result<u64> {
        memory_of(self.id().context("it runs")?, name)
    }

    /// Starts or restarts it, on a new port, and waits until it listens.
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

    /// Sends SIGKILL without waiting, so it may be called from any task.
    pub(crate) fn send_kill(&self) {
        if let Some(child) = self.running.lock().expect(CHILD).as_mut() {
            // It fails only for a process that has ended.
            let _ = child.kill();
        }
    }

    /// SIGKILL, and waits for the process.
    pub(crate) fn kill(&self) {
        if let Some(mut child) = self.running.lock().expect(CHILD).take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }

    /// Waits until it exits on its own, within [`STEP_TIMEOUT`].
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

    /// SIGTERM, and waits for the graceful shutdown.
    pub(crate) async fn stop(&self) -> Result<()> {
        let Some(id) = self.id() else { return Ok(()) };
        signal("TERM", &[id])?;
        let stopwatch = Stopwatch::start();
        while stopwatch.elapsed() < STOP_TIMEOUT {
            match self.how_ended()? {
                Some(status) if status.success() => return Ok(()),
                Some(status) => bail!("the program got SIGTERM and exited with {status}"),
                None => pause(Duration::from_millis(5)).await,
            }
        }
        self.kill();
        bail!("the program did not stop within {STOP_TIMEOUT:?} of SIGTERM")
    }

    /// Its exit status, if it has exited. An error if it was not started.
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

const CHILD: &str = "no thread panics while holding the child";

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

/// Runs a command of the program to its end; its standard output.
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

/// A value of `/proc/PID/status`, in MiB.
pub(crate) fn memory_of(id: u32, name: &'static str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()).context(name)?;
    Ok(kilobytes.parse::<u64>()? / 1024)
}

/// Sends a signal to child processes.
pub(crate) fn signal(name: &str, ids: &[u32]) -> Result<()> {
    let ids = ids.iter().map(u32::to_string).collect::<Vec<_>>().join(" ");
    // The shell's builtin: not every system has a `kill` program.
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {ids}")).status()?;
    if status.success() { Ok(()) } else { bail!("kill -{name}: {status}") }
}

/// The last lines of a log, for error messages.
fn tail(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}
