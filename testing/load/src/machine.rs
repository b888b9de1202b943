//! The machine that was measured on, as the kernel describes it.

use serde::{Deserialize, Serialize};

use crate::cpus::Cpus;

/// A machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    /// The model of its processor.
    pub(crate) processor: String,
    /// How many CPUs the run could use.
    pub(crate) cpus: usize,
    pub(crate) memory_gib: u64,
    pub(crate) kernel: String,
    /// Whether server and generator had a CPU each.
    pub(crate) is_pinned: bool,
}

impl Machine {
    pub(crate) fn read(cpus: &Cpus) -> Self {
        let text = |file| std::fs::read_to_string(file).unwrap_or_default();
        let memory = value(&text("/proc/meminfo"), "MemTotal");
        let kibibytes = memory.split(' ').next().and_then(|number| number.parse::<u64>().ok());
        let processor = value(&text("/proc/cpuinfo"), "model name");
        Self {
            processor: if processor.is_empty() { "unknown".to_owned() } else { processor },
            cpus: cpus.count(),
            memory_gib: kibibytes.unwrap_or(0).div_ceil(1024 * 1024),
            kernel: text("/proc/sys/kernel/osrelease").trim().to_owned(),
            is_pinned: cpus.is_pinned(),
        }
    }
}

/// The value in the first line `name : value`.
fn value(text: &str, name: &str) -> String {
    let pairs = text.lines().filter_map(|line| line.split_once(':'));
    let mut values = pairs.filter(|(its_name, _)| its_name.trim() == name);
    values.next().map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read_by_name() {
        let text = "processor\t: 0\nmodel name\t: Abacus 9000: fast\nmodel name\t: other\n";
        assert_eq!(value(text, "model name"), "Abacus 9000: fast");
        assert_eq!(value("MemTotal:       1048576 kB\n", "MemTotal"), "1048576 kB");
        assert_eq!(value(text, "cache size"), "");
    }
}
