//! CPU affinity: servers run on one CPU, the generator on another, so that neither takes the other's time. By the
//! program `taskset` (util-linux); without it, or with one CPU, the scheduler decides.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result};

/// A child's `PATH`: enough for `taskset`.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The CPUs that this process may use.
#[derive(Clone)]
pub(crate) struct Cpus {
    allowed: Vec<usize>,
    is_pinned: bool,
}

impl Cpus {
    /// Reads which CPUs there are, and pins this thread, the generator, to the last of them.
    pub(crate) fn divide() -> Result<Self> {
        let status = std::fs::read_to_string("/proc/self/status")
            .context("the load generator needs Linux: there is no /proc")?;
        let line = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        let allowed = line.and_then(|line| list(line.trim())).unwrap_or_default();
        let mut cpus = Self { allowed, is_pinned: false };
        if let [_, .., last] = cpus.allowed[..] {
            cpus.is_pinned = pin_this_process(last);
        }
        Ok(cpus)
    }

    /// All of them for every program: for what is measured in memory, not in time.
    pub(crate) fn shared(&self) -> Self {
        Self { is_pinned: false, ..self.clone() }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.allowed.len().max(1)
    }

    /// Whether servers and generator have a CPU each.
    pub(crate) fn is_pinned(&self) -> bool {
        self.is_pinned
    }

    /// Whether two servers have a CPU each, beside the generator's.
    pub(crate) fn has_two_for_servers(&self) -> bool {
        self.is_pinned && self.allowed.len() > 2
    }

    /// `program` in a clean environment, on the CPU of the server with this number.
    pub(crate) fn command(&self, program: &Path, server: usize) -> Command {
        let mut command = if self.is_pinned {
            let mut command = Command::new("taskset");
            let cpu = self.allowed[server.min(self.allowed.len() - 2)];
            command.args(["--cpu-list", &cpu.to_string()]).arg(program);
            command
        } else {
            Command::new(program)
        };
        command.env_clear().env("PATH", PATH);
        command
    }
}

/// Whether it worked.
fn pin_this_process(cpu: usize) -> bool {
    let mut taskset = Command::new("taskset");
    taskset.args(["--pid", "--cpu-list", &cpu.to_string(), &std::process::id().to_string()]);
    let status = taskset.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
    status.is_ok_and(|status| status.success())
}

/// The CPUs in a list such as `0-2,5`.
fn list(text: &str) -> Option<Vec<usize>> {
    let mut found = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        found.extend(first.parse::<usize>().ok()?..=last.parse().ok()?);
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_cpus_is_read() {
        assert_eq!(list("0-2,5"), Some(vec![0, 1, 2, 5]));
        assert_eq!(list("3"), Some(vec![3]));
        assert_eq!(list(""), None);
    }

    #[test]
    fn servers_never_share_the_generators_cpu() {
        let cpu = |allowed: &[usize], server| {
            let cpus = Cpus { allowed: allowed.to_vec(), is_pinned: true };
            let command = cpus.command(Path::new("baton"), server);
            command.get_args().nth(1).expect("a list").to_str().expect("ASCII").to_owned()
        };
        assert_eq!((cpu(&[0, 1], 0), cpu(&[0, 1], 1)), ("0".to_owned(), "0".to_owned()));
        assert_eq!((cpu(&[4, 6, 7], 0), cpu(&[4, 6, 7], 1)), ("4".to_owned(), "6".to_owned()));
    }

    #[test]
    fn without_pinning_the_program_is_started_itself() {
        let cpus = Cpus { allowed: vec![0], is_pinned: false };
        assert_eq!(cpus.command(Path::new("baton"), 0).get_program(), "baton");
    }
}
