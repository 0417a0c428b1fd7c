#!/usr/bin/env bash
# Draws every picture of the README anew: bash assets/screenshots/make.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
# The program as it is built here, or another: UNROLLED=unrolled bash assets/screenshots/make.sh
UNROLLED=(${UNROLLED:-cargo run --release --quiet --})
draw() { # NAME and the arguments of `unrolled screenshot`
    local name=$1
    shift
    "${UNROLLED[@]}" screenshot "$@" --size 1280x800 --scale 1.5 --out "assets/screenshots/$name.png"
}
draw map-light map
draw attention-light transformer --stop 4
draw transformer-dark-zh transformer --stop 1 --step 2300 --theme dark --lang zh
draw rwkv-light rwkv --stop 2
draw gradient-light vanishing-gradient --stop 6
draw positions-light positions --stop 9
draw race-dark-zh memory-race --stop 2 --updates 300 --theme dark --lang zh
draw lstm-light lstm --stop 2
draw network-light bidirectional --stop 1
draw gru-dark-zh gru --stop 1 --theme dark --lang zh
draw present-light lstm --stop 3 --present
draw search-dark-zh lstm --sheet search --theme dark --lang zh
draw text-light text --text README.md --updates 300
