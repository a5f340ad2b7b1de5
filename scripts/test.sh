#!/usr/bin/env bash
# Installs what is missing, then runs every check: format, lints, tests, doctests. Nothing is skipped: a test that a
# missing tool keeps from running counts as a failure. Arguments go to `cargo test`, for example --release.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

target=${CARGO_TARGET_DIR:-target}
log=$target/memgan-test.log
logs=$target/memgan-test
failed=()

step() { printf '\n== %s\n' "$*"; }
check() {
  local name=$1
  shift
  step "$name"
  if "$@"; then return 0; fi
  failed+=("$name")
}

# The tests of every file of testbenches by themselves, as many files at a time as there are processors, those that take
# longest first: most have one test that takes nearly all of their time. Each has its log; the terminal sees who ran, and
# the whole log of who failed.
longest='networks::training networks::inference verilog::synthesis verilog::lint networks::programming networks::real_devices lib
commands::spice commands::sweep commands::training_runs blocks::bank_training'

targets() { # a name and the arguments that select its tests; the files are those in the list of all tests
  local name
  for name in $longest $(sed 's/^\([a-z_0-9]*::[a-z_0-9]*\)::.*/\1/' "$logs/list" | sort -u) doc; do
    case $name in
      lib) echo "lib --lib --bins --" ;;
      doc) echo "doc --doc --" ;;
      *) echo "$name --test testbenches -- $name::" ;;
    esac
  done | awk '!seen[$1]++'
}

count() { # sums "N word" over the results in a log
  awk -v word="$1" '/^test result/ { for (i = 2; i <= NF; i++) if ($i ~ "^" word) sum += $(i - 1) } END { print sum + 0 }' "$2"
}

run_one() {
  local name=$1 status=0 begin=$SECONDS
  shift
  # shellcheck disable=SC2086 # the options are meant to be split
  cargo test --locked --no-fail-fast $options "$@" --show-output >"$logs/$name.log" 2>&1 || status=$?
  if [ "$status" -eq 0 ]; then
    printf 'ok      %-28s %4s passed %5s s\n' "$name" "$(count passed "$logs/$name.log")" $((SECONDS - begin))
  else
    printf 'FAILED  %s\n' "$name"
    grep -E '^error|panicked at' "$logs/$name.log" || true
    return 1
  fi
}

run_tests() {
  local status=0
  rm -rf "$logs"
  mkdir -p "$logs"
  cargo test --locked --no-run "$@" >"$logs/build.log" 2>&1 || { cat "$logs/build.log"; return 1; }
  cargo test --locked "$@" --test testbenches -- --list 2>>"$logs/build.log" | sed -n 's/: test$//p' >"$logs/list"
  export -f run_one count
  export logs options="$*"
  targets | xargs -P "$(nproc)" -I{} bash -c 'run_one {}' || status=1
  cat "$logs"/*.log >"$log"
  # Each test of the list ran, and once.
  local ran
  ran=$(grep -h '^test .* \.\.\. \(ok\|FAILED\|ignored\)' "$logs"/*::*.log | awk '{ print $2 }' | sort)
  if [ ! -s "$logs/list" ] || [ "$ran" != "$(sort "$logs/list")" ]; then
    echo 'The tests that ran are not those of the list:'
    diff <(echo "$ran") <(sort "$logs/list") || true
    status=1
  fi
  if [ "$status" -ne 0 ]; then
    local failed
    for failed in $(grep -l 'test result: FAILED\|^error' "$logs"/*.log); do
      printf '\nThe end of %s:\n' "$failed"
      tail -n 200 "$failed"
    done
  fi
  return "$status"
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
  "$(count passed "$log")" "$(count failed "$log")" "$(count ignored "$log")" "$skipped"
if [ "$skipped" -ne 0 ]; then
  grep 'SKIPPED' "$log" | sort -u
  failed+=("skipped parts")
fi
if [ "${#failed[@]}" -ne 0 ]; then
  printf 'failed: %s\n' "${failed[*]}"
  exit 1
fi
printf 'all good\n'
