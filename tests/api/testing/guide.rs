//! docs/testing/README.md: its commands are run as they are pasted.

use std::fs;
use std::process::Command;

use crate::support::{Server, command};

#[tokio::test]
async fn the_pasted_commands_do_what_it_says() {
    let server = Server::start(command().arg("--ephemeral"));
    let guide = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/testing/README.md")).unwrap();
    let blocks = guide.split("\n```sh\n").skip(1).map(|rest| rest.split("\n```").next().unwrap());
    let script = blocks.collect::<Vec<_>>().join("\n").replace("http://127.0.0.1:7070", &server.url);
    let output = Command::new("bash").args(["-c", &script]).output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    // What is told beside a command is what it prints, in that order.
    let mut rest = printed.as_str();
    for told in ["EXPIRED", "DECLINED", "DECLINED", "SUCCEEDED", "SERVICE_UNAVAILABLE", "PENDING"] {
        let at = rest.find(told).unwrap_or_else(|| panic!("{told} is not in {rest}\nof {printed}"));
        rest = &rest[at + told.len()..];
    }
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(errors.lines().count(), 1, "{errors}");
    assert!(errors.contains("(52)"), "{errors}");
    for refused in ["INVALID_", "MISSING_", "NOT_FOUND"] {
        assert!(!printed.contains(refused), "{printed}");
    }
}
