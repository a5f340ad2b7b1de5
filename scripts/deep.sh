#!/usr/bin/env bash
# Long runs that are too slow for every change: fuzzing, benches, many images through the large designs, training steps
# of the large designs in hardware, quality of training.
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
MEMGAN_DEEP=1 cargo test --release --locked

printf '\n== benches\n'
cargo bench --locked --bench forward --bench training --bench hardware --bench simulation | tee "$out/benches.txt"

for design in tiny mlp cnn mnist-small am-dcgan; do
  for seed in 1 2 3; do
    printf '\n== %s, %s images, seed %s\n' "$design" "$images" "$seed"
    "$memgan" simulate "$design" --images "$images" --seed "$seed" --out "$out/$design-$seed"
  done
done
# Whole training steps in the simulated hardware, every device compared. am-dcgan takes ten minutes, most of them to build.
for run in 'tiny 300' 'mlp 3' 'cnn 3' 'mnist-small 10' 'am-dcgan 1'; do
  set -- $run
  printf '\n== %s, %s training steps in hardware\n' "$1" "$2"
  rm -rf "$out/train-$1"
  "$memgan" train "$1" --hardware --steps "$2" --batch 2 --out "$out/train-$1"
done

printf '\n== quality of training: an hour\n'
for steps in 3000 20000; do
  cargo run --release --locked --example training_quality -- --steps "$steps" --picture "$out/training-$steps.png" |
    tee "$out/training-$steps.txt"
done
printf '\nall good: reports and pictures in %s\n' "$out"
