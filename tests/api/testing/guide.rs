//! docs/testing: the commands of its README are run as they are pasted, and its pages show what tests/clients runs.

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
    for told in
        ["EXPIRED", "DECLINED", "DECLINED", "SUCCEEDED", "IN_DISPUTE", "CHARGEBACK", "SERVICE_UNAVAILABLE", "PENDING"]
    {
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

/// The blocks of a page in a language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let page = fs::read_to_string(format!("{}/docs/testing/{page}", env!("CARGO_MANIFEST_DIR"))).unwrap();
    let fence = format!("\n```{language}\n");
    page.split(&fence).skip(1).map(|rest| format!("{}\n", rest.split("\n```").next().unwrap())).collect()
}

#[test]
fn what_the_pages_show_is_run_by_the_clients_tests() {
    for (page, language, folder) in [("vitest.md", "ts", "node"), ("pytest.md", "python", "python")] {
        let folder = format!("{}/tests/clients/{folder}", env!("CARGO_MANIFEST_DIR"));
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).filter(|file| file.is_file());
        let run: Vec<_> = files.map(|file| fs::read_to_string(file).unwrap()).collect();
        let shown = blocks(page, language);
        assert!(shown.len() >= 2, "{page}");
        for block in shown {
            assert!(run.contains(&block), "{page} shows what is not run:\n{block}");
        }
    }
}

#[test]
fn the_workflows_can_be_read() {
    let shown = blocks("github-actions.md", "yaml");
    assert_eq!(shown.len(), 2);
    for block in shown {
        yaml_serde::from_str::<serde_json::Value>(&block).unwrap();
    }
}
