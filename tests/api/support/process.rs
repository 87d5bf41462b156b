//! The server as its users run it: the program in a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use reqwest::RequestBuilder;
use yuno_sessions::demo;
use yuno_sessions::webhooks;

/// A secret for fingerprints of cards.
pub const FINGERPRINT_KEY: &str = "0123456789abcdef0123456789abcdef";

/// How long something that is waited for may take to be logged.
const LOGGED_WITHIN: Duration = Duration::from_secs(60);

/// What calls over real HTTP: it follows nothing.
pub fn http() -> reqwest::Client {
    webhooks::Client::new(true).unwrap().http().clone()
}

/// The program, told nothing by the environment of the tests.
pub fn command() -> Command {
    command_of(env!("CARGO_BIN_EXE_yuno-sessions"))
}

/// A program, told nothing by the environment of the tests.
pub fn command_of(program: &str) -> Command {
    let mut command = Command::new(program);
    // What is left is what any program needs.
    command
        .env_clear()
        .envs(["PATH", "HOME", "TMPDIR"].iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A server that runs, killed when it is dropped.
pub struct Server {
    child: Child,
    /// The lines of its log, read all the time: a server whose log nobody reads would stand still.
    log: Receiver<String>,
    /// What it printed before it served.
    pub greeting: String,
    /// Where it is.
    pub url: String,
}

impl Server {
    /// Starts the program on an embedded database in a directory.
    pub fn embedded(data_dir: &Path) -> Self {
        Self::start(command().arg("--data-dir").arg(data_dir))
    }

    /// Starts the program on a free port and waits until it says that it listens.
    pub fn start(command: &mut Command) -> Self {
        Self::start_at(command, "127.0.0.1:0")
    }

    /// Starts the program at an address and waits until it says that it listens.
    pub fn start_at(command: &mut Command, address: &str) -> Self {
        let mut child = command.args(["--listen", address]).spawn().unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let errors = BufReader::new(child.stderr.take().unwrap());
        let (sender, log) = mpsc::channel();
        std::thread::spawn(move || errors.lines().map(|line| line.unwrap()).try_for_each(|line| sender.send(line)));
        let mut greeting = String::new();
        while !greeting.contains("Ctrl-C") {
            if output.read_line(&mut greeting).unwrap() == 0 {
                panic!("the server did not start: {greeting}{}", log.iter().collect::<String>());
            }
        }
        let url = greeting.split_whitespace().find(|word| word.starts_with("http")).unwrap().to_owned();
        Self { child, log, greeting, url }
    }

    /// A call with the demo's keys.
    pub fn call(&self, method: &str, path: &str) -> RequestBuilder {
        http()
            .request(method.parse().unwrap(), format!("{}{path}", self.url))
            .header("public-api-key", demo::PUBLIC_API_KEY)
            .header("private-secret-key", demo::PRIVATE_SECRET_KEY)
    }

    /// Ends it at once, as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Tells it to stop.
    pub fn tell(&self, signal: &str) {
        let told = Command::new("kill").args([signal, &self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    /// Waits until it has logged something, and gives the line.
    pub fn logged(&self, what: &str) -> String {
        self.logged_until(what).pop().unwrap()
    }

    /// Waits until it has logged something, and gives the lines since the last wait, with that one as the last.
    pub fn logged_until(&self, what: &str) -> Vec<String> {
        let mut lines = Vec::new();
        while let Ok(line) = self.log.recv_timeout(LOGGED_WITHIN) {
            let is = line.contains(what);
            lines.push(line);
            if is {
                return lines;
            }
        }
        panic!("it ended, or went on for a minute, without logging {what:?}: {lines:#?}");
    }

    /// Waits until it has ended, and gives how it ended and what it has logged since the last wait.
    pub fn ended(mut self) -> (ExitStatus, String) {
        let log = self.log.iter().map(|line| line + "\n").collect();
        (self.child.wait().unwrap(), log)
    }

    /// Tells it to stop and waits until it has.
    pub fn stop(self, signal: &str) -> (ExitStatus, String) {
        self.tell(signal);
        self.ended()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
