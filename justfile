# What people and CI do here. `just` lists it.

_list:
    @just --list --unsorted

# start the built-in lab, or whatever the arguments say
run *arguments:
    cargo run --release -- {{arguments}}

# all tests, with the tools that they need; arguments go to the test runner
test *arguments:
    tests/run -- {{arguments}}

# format all files
fmt:
    cargo fmt --all

# lints, as strict as in CI
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings

# the documentation, as strict as in CI
doc *arguments:
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps {{arguments}}

# protocols build without sockets, clocks and a runtime
no-io:
    .ci/no-io

# compiles for other systems (needs their targets, and a C compiler for each); the command line is Unix's
portable:
    cargo check --workspace --examples --target x86_64-apple-darwin
    cargo check --workspace --exclude toynet --exclude toynet-world --target x86_64-pc-windows-gnu

# licences, duplicates and sources of what we depend on (needs cargo-deny)
licences:
    cargo deny check licenses bans sources

# speed and size beside other servers; see benches/run --help
bench *arguments:
    benches/run {{arguments}}

# feed a fuzz target for some seconds (needs a nightly toolchain and cargo-fuzz); without a name, all of them
fuzz target="" seconds="60":
    fuzz/run {{seconds}} {{target}}

# one stripped file that runs on any Linux of this kind of machine, with its size and checksum
dist:
    #!/usr/bin/env bash
    set -euo pipefail
    target=$(rustc -vV | sed -n 's/^host: //p')
    RUSTFLAGS='-C target-feature=+crt-static -C strip=symbols' cargo build --release --locked --target "$target"
    mkdir -p target/dist
    cp "${CARGO_TARGET_DIR:-target}/$target/release/toynet" "target/dist/toynet-$target"
    cd target/dist
    stat --format '%n: %s octets' "toynet-$target"
    sha256sum "toynet-$target" | tee "toynet-$target.sha256"

# everything that must hold before a change lands
ci:
    bash .ci/run
