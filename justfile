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

# Send bad input made of openapi.yaml over HTTP
schemathesis *arguments:
    scripts/schemathesis {{ arguments }}

# Send bad input to every operation at scale
fuzz *arguments:
    scripts/fuzz {{ arguments }}

# Measure what receivers that hang cost, on a real PostgreSQL server
bench-webhooks:
    scripts/with-postgres bench/webhooks

# Measure how fast the server is beside what it is compared with, on a real PostgreSQL server
bench *arguments:
    scripts/with-postgres bench/speed {{ arguments }}

# Format the code
fmt:
    cargo fmt

# Find what CI would refuse without running anything
lint:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo clippy --no-default-features -- -D warnings

# Write openapi.yaml anew
openapi:
    cargo run --quiet -- openapi > openapi.yaml
