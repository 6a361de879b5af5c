#!/usr/bin/env bash
# A nightly run for plain cron. It prints nothing if nothing changed; otherwise it prints the changes, and cron mails them.
#
#     cron.sh TARGET [ARGUMENT...]    a target file, or the name of a built-in target; the arguments are those of conformance run
#
# Settings, as environment variables:
#     RUNS            where runs are saved; default: reports/runs
#     EXPECTATIONS    a file of known deviations; default: none
#     EVIDENCE_DAYS   how long evidence is kept; default: 30
#
# Exit code: that of the gate (0, 1, 2, 5), or that of the run if it is incomplete (2, 3, 4, 5, 70).
set -euo pipefail

if [ $# -lt 1 ]; then
  echo "cron.sh: TARGET must be a target file or built-in name; usage: cron.sh TARGET [ARGUMENT...]" >&2
  exit 2
fi
target=$1
shift
name=$(basename "$target" .toml)
runs=${RUNS:-reports/runs}

newest() {
  local run newest=""
  for run in "$runs"/*Z-"$name"; do
    if [ -f "$run/matrix.json" ]; then newest=$run; fi
  done
  printf '%s' "$newest"
}

mkdir -p "$runs"
exec 9> "$runs/.$name.lock"
if command -v flock > /dev/null && ! flock -n 9; then
  echo "cron.sh: the previous run of $name has not ended; nothing was started" >&2
  exit 5
fi

baseline=$(newest)
out=$runs/$(date -u +%Y%m%dT%H%M%SZ)-$name
output=$(mktemp)
trap 'rm -f "$output"' EXIT

code=0
conformance run --target "$target" --out "$out" "$@" > "$output" 2>&1 || code=$?
if [ "$code" -gt 1 ]; then
  cat "$output"
  if [ -d "$out" ]; then
    mkdir -p "$runs/incomplete"
    mv "$out" "$runs/incomplete/"
  fi
  echo "cron.sh: the run is incomplete (exit code $code); the baseline stays ${baseline:-unset}"
  exit "$code"
fi

find "$runs" -name 'evidence.ndjson*' -mtime "+${EVIDENCE_DAYS:-30}" -delete

if [ -z "$baseline" ]; then
  echo "cron.sh: saved $out, the first run of $name; the next one is compared with it"
  exit 0
fi

code=0
conformance gate "$baseline" "$out" ${EXPECTATIONS:+--expectations "$EXPECTATIONS"} --markdown "$out/gate.md" > "$output" || code=$?
if [ "$code" -ne 0 ]; then
  cat "$output"
  echo "cron.sh: compared $out with $baseline (exit code $code)"
fi
exit "$code"
