#!/usr/bin/env bash
# How soon a real window shows its first frame, and what it costs while nothing moves.
#
# Needs Linux with Xvfb and xdotool, a virtual screen and a driver in software:
#   apt-get install xvfb xdotool libx11-6 libx11-xcb1 libxcursor1 libxi6 libxkbcommon-x11-0 libegl1 libgl1-mesa-dri
# Run it from the repository after `cargo build --release`.
set -euo pipefail
cd "$(dirname "$0")/.."
program=target/release/unrolled
for tool in Xvfb xdotool "$program"; do
    command -v "$tool" > /dev/null || { echo "$tool is missing; see the head of this script" >&2; exit 1; }
done

export DISPLAY=:97 HOME
HOME=$(mktemp -d)
Xvfb "$DISPLAY" -screen 0 1400x900x24 > /dev/null 2>&1 &
screen=$!
trap 'kill "$screen" 2> /dev/null; rm -rf "$HOME"' EXIT
sleep 1

for _ in 1 2 3 4 5; do
    start=$(date +%s%N)
    "$program" open lstm 2> /dev/null &
    window=$!
    # The window becomes visible with its first frame.
    until xdotool search --onlyvisible --name Unrolled > /dev/null 2>&1; do
        kill -0 "$window" || { echo "the window did not open" >&2; exit 1; }
    done
    echo "first frame after $((($(date +%s%N) - start) / 1000000)) ms"
    kill "$window"
    wait "$window" 2> /dev/null || true
done

"$program" open lstm 2> /dev/null &
window=$!
sleep 4
ticks() { awk '{print $14 + $15}' "/proc/$window/stat"; }
before=$(ticks)
sleep 10
echo "processor time in 10 s without input: $((($(ticks) - before) * 1000 / $(getconf CLK_TCK))) ms"
kill "$window"
