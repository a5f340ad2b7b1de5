#!/usr/bin/env bash
# Installs what is missing, then runs every check: format, lints, tests, doctests. Nothing is skipped: a test that a
# missing tool keeps from running counts as a failure. Arguments go to `cargo test`, for example --release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-target}
log=$target/memgan-test.log
failed=()

step() { printf '\n== %s\n' "$*"; }
check() {
  local name=$1
  shift
  step "$name"
  if "$@"; then return 0; fi
  failed+=("$name")
}

# The whole output goes to the log; the terminal sees which file runs, what fails and the results.
run_tests() {
  local status=0
  cargo test --locked --no-fail-fast "$@" -- --show-output >"$log" 2>&1 || status=$?
  grep -E '^ +(Running|Doc-tests)|^test result|FAILED|^error|panicked at' "$log" || true
  if [ "$status" -ne 0 ]; then
    printf '\nThe end of %s:\n' "$log"
    tail -n 200 "$log"
  fi
  return "$status"
}

count() { # sums "N word" over all results
  awk -v word="$1" '/^test result/ { for (i = 2; i <= NF; i++) if ($i ~ "^" word) sum += $(i - 1) } END { print sum + 0 }' "$log"
}

if ! command -v cargo >/dev/null; then
  printf 'test: cargo is missing. Install Rust 1.95 or later from https://rustup.rs and run this script again.\n' >&2
  exit 3
fi
step setup
sh scripts/setup.sh

mkdir -p "$target"
if cargo fmt --version >/dev/null 2>&1; then
  check format cargo fmt --check
else
  step "format: no rustfmt here (rustup component add rustfmt)"
  failed+=(format)
fi
if cargo clippy --version >/dev/null 2>&1; then
  check clippy cargo clippy --locked --all-targets -- -D warnings
else
  step "clippy: not here (rustup component add clippy)"
  failed+=(clippy)
fi
check tests run_tests "$@"

skipped=$(grep -c 'SKIPPED' "$log" || true)
step summary
printf 'tests: %s passed, %s failed, %s ignored, %s parts skipped\n' \
  "$(count passed)" "$(count failed)" "$(count ignored)" "$skipped"
if [ "$skipped" -ne 0 ]; then
  grep 'SKIPPED' "$log" | sort -u
  failed+=("skipped parts")
fi
if [ "${#failed[@]}" -ne 0 ]; then
  printf 'failed: %s\n' "${failed[*]}"
  exit 1
fi
printf 'all good\n'
