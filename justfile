# Short names for the commands of CONTRIBUTING.md; nothing here needs just.

# List the recipes
default:
    @just --list

# Run the server with an embedded PostgreSQL
run *arguments:
    cargo run -- {{ arguments }}

# Test with the embedded PostgreSQL
test *arguments:
    cargo test {{ arguments }}

# Test with a real PostgreSQL server
test-postgres *arguments:
    scripts/with-postgres cargo test {{ arguments }}

# Do all that CI does
check:
    bash .ci/run

# Kill the server and stop PostgreSQL while clients call, and count what was lost
faults kills='100' stops='20':
    FAULTS={{ kills }},{{ stops }} scripts/with-postgres cargo test --test api faults::crashes -- --nocapture

# Send bad input made of openapi.yaml over HTTP
schemathesis *arguments:
    scripts/schemathesis {{ arguments }}

# Test clients that are made of openapi.yaml
clients:
    scripts/clients

# The pages, in a real browser.
pages:
    scripts/pages

# Send bad input to every operation at scale
fuzz *arguments:
    scripts/fuzz {{ arguments }}

# Measure what receivers that hang cost, on a real PostgreSQL server
bench-webhooks:
    scripts/with-postgres bench/webhooks

# Measure what metrics cost, on a real PostgreSQL server
bench-metrics *arguments:
    scripts/with-postgres bench/metrics {{ arguments }}

# Measure what rows take on disk, on a real PostgreSQL server
bench-sizes *arguments:
    scripts/with-postgres bench/sizes {{ arguments }}

# Measure how fast the server is beside what it is compared with, on a real PostgreSQL server
bench *arguments:
    scripts/with-postgres bench/speed {{ arguments }}

# Measure what happens when more comes than the server can do, on a real PostgreSQL server
bench-overload *arguments:
    scripts/with-postgres bench/overload {{ arguments }}

# Format the code
fmt:
    cargo fmt

# Find what CI would refuse without running anything
lint:
    cargo fmt --check
    cargo fmt --check --manifest-path fuzz/Cargo.toml
    cargo clippy --all-targets --features otlp -- -D warnings
    cargo clippy --no-default-features -- -D warnings

# Write openapi.yaml anew
openapi:
    cargo run --quiet -- openapi > openapi.yaml
