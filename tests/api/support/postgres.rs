//! A PostgreSQL server of a test's own, which it can stop, start again and follow with a standby. It is as durable as
//! any new server, and gone with the test.

use std::collections::BTreeSet;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use tempfile::TempDir;
use uuid::Uuid;

/// A server of a test's own.
pub struct Postgres {
    programs: PathBuf,
    directory: TempDir,
    pub port: u16,
    options: String,
}

/// A port below those that systems hand out by themselves, so that nobody gets it while what listens there is dead.
pub fn free_port() -> u16 {
    static GIVEN: Mutex<BTreeSet<u16>> = Mutex::new(BTreeSet::new());
    loop {
        let port = 20_000 + u16::try_from(Uuid::new_v4().as_u128() % 12_000).unwrap();
        if GIVEN.lock().unwrap().insert(port) && TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// The directory of a server's programs. Debian keeps them out of PATH.
fn programs() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<_> = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().collect();
    found.sort_by_key(|version| version.file_name().to_string_lossy().parse::<u32>().unwrap_or_default());
    let debian = found.into_iter().rev().map(|version| version.path().join("bin"));
    // Where a program is only a link, the others are where it leads.
    let linked = std::env::split_paths(&path).filter_map(|place| place.join("initdb").canonicalize().ok());
    let linked = linked.filter_map(|program| Some(program.parent()?.to_owned()));
    let all = |place: &PathBuf| {
        ["initdb", "pg_ctl", "postgres", "pg_basebackup"].iter().all(|program| place.join(program).exists())
    };
    linked.chain(debian).find(all)
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

impl Postgres {
    /// An empty one that runs, where there are the programs.
    pub fn start_new(options: &str) -> Option<Self> {
        let new = Self::prepare(options)?;
        let made = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"];
        new.run("initdb", &[&["--pgdata=data"], &made[..]].concat());
        new.start();
        Some(new)
    }

    /// A standby that follows this one and runs.
    pub fn standby(&self, name: &str, options: &str) -> Self {
        let standby = Self::prepare(options).unwrap();
        let from = format!("--dbname=host=127.0.0.1 port={} user=postgres application_name={name}", self.port);
        let copied = ["--pgdata=data", "--write-recovery-conf", "--wal-method=stream", "--checkpoint=fast"];
        standby.run("pg_basebackup", &[&copied[..], &["--no-sync", &from]].concat());
        standby.start();
        standby
    }

    fn prepare(options: &str) -> Option<Self> {
        let programs = programs()?;
        let directory = tempfile::Builder::new().prefix("yuno-sessions-postgres-").tempdir().unwrap();
        if is_root() {
            let path = directory.path().to_str().unwrap();
            assert!(Command::new("chown").args(["postgres:", path]).status().unwrap().success());
        }
        Some(Self { programs, directory, port: free_port(), options: options.to_owned() })
    }

    /// Starts it, and waits until it takes connections.
    pub fn start(&self) {
        let options = format!(
            "--options=-p {} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c max_connections=100 {}",
            self.port, self.options
        );
        self.control("start", &["--wait", "--log=server.log", &options]);
    }

    /// Stops it: `immediate` as a power cut would, `fast` in order.
    pub fn stop(&self, mode: &str) {
        self.control("stop", &["--wait", "--mode", mode]);
    }

    /// Makes a standby the primary, and waits until it is.
    pub fn promote(&self) {
        self.control("promote", &["--wait"]);
    }

    /// Keeps its connections and answers nothing any more, like a machine that vanished. Needs Linux.
    pub fn freeze(&self) {
        self.signal("-STOP");
    }

    /// Sends a signal to all of its processes: the first one, and those that it has started.
    fn signal(&self, signal: &str) {
        let Ok(pid) = std::fs::read_to_string(self.data().join("postmaster.pid")) else { return };
        let first = pid.lines().next().unwrap_or_default().to_owned();
        let started_by_first = |pid: &String| {
            // Its name, which is in brackets, may have spaces; then come its state and who started it.
            let told = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            told.rsplit_once(") ").is_some_and(|(_, told)| told.split(' ').nth(1) == Some(&first))
        };
        let all = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let all = all.filter_map(|entry| entry.file_name().into_string().ok());
        let pids = all.filter(|name| name.bytes().all(|byte| byte.is_ascii_digit())).filter(started_by_first);
        // The first one first, so that it starts no other meanwhile.
        Command::new("kill").arg(signal).arg(&first).args(pids).status().unwrap();
    }

    /// Changes a setting while it runs.
    pub fn set(&self, setting: &str) {
        self.write_setting(setting);
        self.control("reload", &[]);
    }

    /// Changes a setting for the next time that it starts.
    pub fn write_setting(&self, setting: &str) {
        let file = self.data().join("postgresql.conf");
        let settings = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, format!("{settings}\n{setting}\n")).unwrap();
    }

    /// Its address, as one of several.
    pub fn host(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("postgres://postgres@{}/postgres", self.host())
    }

    fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn control(&self, what: &str, arguments: &[&str]) {
        self.run("pg_ctl", &[&[what, "--silent", "--pgdata=data"], arguments].concat());
    }

    /// Runs one of the programs. PostgreSQL refuses to run as root.
    fn run(&self, program: &str, arguments: &[&str]) {
        let program = self.programs.join(program);
        let mut command = match is_root() {
            true => {
                let mut command = Command::new("runuser");
                command.args(["-u", "postgres", "--"]).arg(&program);
                command
            }
            false => Command::new(&program),
        };
        // What it starts keeps what it is given: with a pipe one would wait for the server's end.
        let output = std::fs::File::create(self.directory.path().join("output")).unwrap();
        command.args(arguments).current_dir(self.directory.path()).stdin(Stdio::null());
        command.stdout(output.try_clone().unwrap()).stderr(output);
        let status = command.status().unwrap();
        assert!(status.success(), "{} {arguments:?}: {}", program.display(), self.logs());
    }

    fn logs(&self) -> String {
        let read = |name: &str| std::fs::read_to_string(self.directory.path().join(name)).unwrap_or_default();
        read("output") + &read("server.log")
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let runs = |data: &Path| data.join("postmaster.pid").exists();
        self.signal("-CONT");
        if runs(&self.data()) && !std::thread::panicking() {
            self.stop("immediate");
        } else if runs(&self.data()) {
            // A second panic would end the process and leave it behind.
            let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.stop("immediate")));
        }
    }
}
