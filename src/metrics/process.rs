//! The process, under the names that every program gives it for Prometheus. Read from `/proc`, where there is one.

use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;

use super::declare::metrics;

/// In how many ticks a second Linux tells programs what they used, on every machine.
const TICKS_PER_SECOND: f64 = 100.0;

metrics! {
    /// What the system says of this process.
    pub struct Process in "process" {
        /// Memory that the process has, in bytes.
        pub resident_memory_bytes: Gauge = Gauge::default(),
        /// File descriptors that are open, connections among them.
        pub open_fds: Gauge = Gauge::default(),
        /// File descriptors that may be open.
        pub max_fds: Gauge = Gauge::default(),
        /// Threads.
        pub threads: Gauge = Gauge::default(),
        /// Seconds of processor time, of the program and of the system for it.
        pub cpu_seconds: Counter<f64, AtomicU64> = Counter::default(),
    }
}

impl Process {
    /// Reads them anew. What cannot be read stays as it was.
    pub(super) fn read(&self) {
        let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
        if let Some(kilobytes) = number_after(&status, "VmRSS:") {
            self.resident_memory_bytes.set(kilobytes * 1024);
        }
        if let Some(threads) = number_after(&status, "Threads:") {
            self.threads.set(threads);
        }
        if let Ok(descriptors) = fs::read_dir("/proc/self/fd") {
            self.open_fds.set(i64::try_from(descriptors.count()).unwrap_or(i64::MAX));
        }
        let limits = fs::read_to_string("/proc/self/limits").unwrap_or_default();
        if let Some(most) = number_after(&limits, "Max open files") {
            self.max_fds.set(most);
        }
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        if let Some(ticks) = cpu_ticks(&stat) {
            self.cpu_seconds.inner().store((ticks / TICKS_PER_SECOND).to_bits(), Ordering::Relaxed);
        }
    }
}

/// The number that follows a name at the beginning of a line.
fn number_after(text: &str, name: &str) -> Option<i64> {
    text.lines().find_map(|line| line.strip_prefix(name))?.split_whitespace().next()?.parse().ok()
}

/// Of the program and of the system for it. The name of the process, in which there may be anything, comes before.
fn cpu_ticks(stat: &str) -> Option<f64> {
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_system_says() {
        let status = "Name:\tx\nVmRSS:\t   53120 kB\nThreads:\t9\n";
        assert_eq!((number_after(status, "VmRSS:"), number_after(status, "Threads:")), (Some(53_120), Some(9)));
        let limits = "Max processes  1 1 processes\nMax open files            1024                 4096   files\n";
        assert_eq!(number_after(limits, "Max open files"), Some(1024));
        let stat = "7 (a ) b) S 1 7 7 0 -1 4194560 2000 0 0 0 250 50 0 0 20 0 9 0 100";
        assert_eq!(cpu_ticks(stat), Some(300.0));
        assert_eq!(cpu_ticks(""), None);
    }
}
