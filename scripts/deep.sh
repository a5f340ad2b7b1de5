#!/usr/bin/env bash
# Long runs that are too slow for every change: fuzzing, benches, many images through the large designs.
# Hours on a small machine. MEMGAN_FUZZ=COUNT and MEMGAN_IMAGES=COUNT change the amounts.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

inputs=${MEMGAN_FUZZ:-1000000}
images=${MEMGAN_IMAGES:-200}
out=${CARGO_TARGET_DIR:-target}/deep
memgan=${CARGO_TARGET_DIR:-target}/release/memgan

sh scripts/setup.sh
mkdir -p "$out"
cargo build --release --locked

printf '\n== %s mutated inputs\n' "$inputs"
cargo run --release --locked --example fuzz_inputs -- "$inputs"

printf '\n== tests, optimised\n'
cargo test --release --locked

printf '\n== benches\n'
cargo bench --locked --bench forward --bench hardware | tee "$out/benches.txt"

for design in tiny mlp cnn mnist-small am-dcgan; do
  for seed in 1 2 3; do
    printf '\n== %s, %s images, seed %s\n' "$design" "$images" "$seed"
    "$memgan" simulate "$design" --images "$images" --seed "$seed" --out "$out/$design-$seed"
  done
done
printf '\nall good: reports and pictures in %s\n' "$out"
