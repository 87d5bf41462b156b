//! The README's commands are run as they are pasted, and their answers are what it shows.

use std::fs;
use std::process::Command;

use crate::support::{Server, command};

/// The fenced blocks of a section, as pairs of language and text.
fn blocks<'a>(readme: &'a str, section: &str) -> Vec<(&'a str, &'a str)> {
    let text = readme.split(&format!("\n## {section}\n")).nth(1).unwrap().split("\n## ").next().unwrap();
    let fenced = text.split("\n```").skip(1).step_by(2);
    fenced.map(|block| block.split_once('\n').unwrap()).collect()
}

/// A text with the same mark in place of every id and time.
fn without_ids(text: &str) -> String {
    let is_varying = |word: &str| uuid::Uuid::try_parse(word).is_ok() || word.ends_with('Z') && word.len() == 27;
    text.split('"').map(|word| if is_varying(word) { "~" } else { word }).collect::<Vec<_>>().join("\"")
}

#[tokio::test]
async fn the_pasted_commands_give_the_answers_that_it_shows() {
    let server = Server::start(command().arg("--ephemeral"));
    let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/README.md")).unwrap();
    let here = |text: &str| text.replace("http://127.0.0.1:7070", &server.url);
    let blocks = blocks(&readme, "Try it");
    let mut script = String::new();
    let mut shown = Vec::new();
    for (language, text) in blocks {
        match language {
            "sh" => script += &format!("{text}\n"),
            "json" => shown.push(text),
            other => panic!("a block of {other}"),
        }
    }
    let output = Command::new("bash").args(["-c", &here(&script)]).output().unwrap();
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).unwrap();
    let printed: Vec<_> = printed.lines().map(without_ids).collect();
    assert_eq!(printed.len(), shown.len(), "{printed:#?}");
    for (printed, shown) in printed.iter().zip(shown) {
        // What it leaves out is marked with "…"; the rest stands in the answer, in that order, from its first
        // character to its last.
        let shown = without_ids(&here(shown.trim()));
        let parts: Vec<_> = shown.split('…').map(str::trim).collect();
        assert!(printed.starts_with(parts[0]) && printed.ends_with(parts[parts.len() - 1]), "{printed}\n{shown}");
        let mut rest = printed.as_str();
        for part in parts {
            let at = rest.find(part).unwrap_or_else(|| panic!("{part} is not in {rest}"));
            rest = &rest[at + part.len()..];
        }
    }
}
