//! Bad input at scale, in small: a fixed number of the cases that `scripts/fuzz` runs in their thousands. Every answer
//! is held to the document, and none may be a fault.

use crate::support::{TestApp, contract};

#[path = "../../fuzz/src/cases/mod.rs"]
mod cases;

/// Cases of each operation; `GENERATED_CASES` asks for more.
const CASES: u64 = 60;

/// The same bytes for the same seed, everywhere.
fn bytes(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (0..256).flat_map(|_| next().to_le_bytes()).collect()
}

#[tokio::test]
async fn no_case_gets_a_fault_or_what_is_not_documented() {
    // What the server says of a fault belongs beside it.
    let errors = tracing_subscriber::fmt().with_max_level(tracing::Level::ERROR).with_test_writer().finish();
    let _errors = tracing::subscriber::set_default(errors);
    let app = TestApp::new().await;
    let mut world = cases::World::new(app.router.clone(), app.clock.clone());
    let cases = std::env::var("GENERATED_CASES").map_or(CASES, |cases| cases.parse().expect("a number of cases"));
    let mut never = Vec::new();
    for (at, (operation, _)) in (0_u64..).zip(cases::operations()) {
        world.forget().await;
        let mut succeeded = 0;
        for case in 0..cases {
            let status = cases::run(&mut world, operation, &bytes(at << 32 | case)).await;
            let status = status.unwrap_or_else(|found| panic!("case {case} of {found}"));
            succeeded += u64::from(status.is_success() || status.is_redirection());
        }
        if succeeded == 0 {
            never.push(operation);
        }
    }
    assert!(never.is_empty(), "no case of {never:?} got through: they prove nothing");
}

#[test]
fn every_body_has_a_target() {
    let manifest = include_str!("../../fuzz/Cargo.toml");
    for (operation, reads_body) in cases::operations() {
        let target = format!("{}/fuzz/fuzz_targets/{operation}.rs", env!("CARGO_MANIFEST_DIR"));
        if reads_body {
            let source = std::fs::read_to_string(&target).unwrap_or_else(|error| panic!("{target}: {error}"));
            assert!(source.contains(&format!("target!(\"{operation}\")")), "{target}");
            assert!(manifest.contains(&format!("\"fuzz_targets/{operation}.rs\"")), "fuzz/Cargo.toml: {operation}");
        }
    }
}
