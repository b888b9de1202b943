//! What the kernel says of a process: its CPU time and its memory, from `/proc` (proc(5)).

use std::time::Duration;

use anyhow::{Context as _, Result};

/// The resident set: the memory that it has now.
const RESIDENT: &str = "VmRSS:";
/// The most that it has ever had.
const PEAK: &str = "VmHWM:";

/// The CPU time of a process so far, user and kernel mode, over all its threads, those that have ended included.
pub(crate) fn cpu_time(id: u32) -> Result<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat"))
        .with_context(|| format!("process {id} has ended, or this system has no /proc"))?;
    cpu_time_in(&stat).context("/proc/PID/stat has another form")
}

/// Its resident memory, in bytes.
pub(crate) fn resident(id: u32) -> Result<u64> {
    memory(id, RESIDENT)
}

/// Its peak memory, in bytes.
pub(crate) fn peak(id: u32) -> Result<u64> {
    memory(id, PEAK)
}

fn memory(id: u32, name: &'static str) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status"))
        .with_context(|| format!("process {id} has ended, or this system has no /proc"))?;
    bytes_in(&status, name).context(name)
}

/// Fields 14 and 15, in hundredths of a second (`USER_HZ`). The second field, a name in brackets, may hold spaces.
fn cpu_time_in(stat: &str) -> Option<Duration> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut ticks = fields.split(' ').skip(11).map(|field| field.parse::<u64>().ok());
    let (user, kernel) = (ticks.next()??, ticks.next()??);
    Some(Duration::from_millis(10 * (user + kernel)))
}

fn bytes_in(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kibibytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kibibytes * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_user_and_kernel_time_whatever_the_name_is() {
        let stat = "4 (a b) c) S 1 4 4 0 -1 4194560 1 2 3 4 150 25 7 8 20 0 9 0 100 200 300";
        assert_eq!(cpu_time_in(stat), Some(Duration::from_millis(1_750)));
        assert_eq!(cpu_time_in("4 (name) S 1"), None);
    }

    #[test]
    fn memory_is_in_bytes() {
        let status = "Name:\tbaton\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        assert_eq!(bytes_in(status, PEAK), Some(2 * 1024 * 1024));
        assert_eq!(bytes_in(status, RESIDENT), Some(1024 * 1024));
        assert_eq!(bytes_in("Name:\tbaton\n", RESIDENT), None);
    }

    #[test]
    fn this_process_has_memory() {
        let id = std::process::id();
        let resident = resident(id).expect("Linux");
        assert!(resident > 0 && peak(id).expect("Linux") >= resident);
        cpu_time(id).expect("Linux");
    }
}
