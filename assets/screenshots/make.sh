#!/usr/bin/env bash
# Draws every picture of the README anew: bash assets/screenshots/make.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
draw() { # NAME and the arguments of `unrolled screenshot`
    local name=$1
    shift
    cargo run --release --quiet -- screenshot "$@" --size 1280x800 --scale 1.5 --out "assets/screenshots/$name.png"
}
