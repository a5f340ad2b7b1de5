#!/usr/bin/env bash
# Installs what is missing, builds memgan and runs its demo. Arguments go to `memgan demo`, for example --out DIR.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if ! command -v cargo >/dev/null; then
  printf 'demo: cargo is missing. Install Rust 1.95 or later from https://rustup.rs and run this script again.\n' >&2
  exit 3
fi
sh scripts/setup.sh --minimal
cargo build --release --locked
exec "${CARGO_TARGET_DIR:-target}/release/memgan" demo "$@"
