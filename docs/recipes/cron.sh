#!/usr/bin/env bash
# A nightly run for plain cron: silent where nothing changed, else it prints what did, and cron mails what is printed.
#
#     cron.sh TARGET        a target file, or the name of a built-in target
#
# Settings, as environment variables:
#     RUNS            where runs are saved; default: reports/runs
#     EXPECTATIONS    a file of known deviations; default: none
#     EVIDENCE_DAYS   how long evidence is kept; default: 30
#
# Exit code: the gate's (0, 1, 5, 2), or the run's where there was no whole run (2, 3, 4, 5, 70).
set -euo pipefail

if [ $# -ne 1 ]; then
  echo "cron.sh: say what to run: cron.sh TARGET" >&2
  exit 2
fi
target=$1
name=$(basename "$target" .toml)
runs=${RUNS:-reports/runs}

newest() {
  local run found=""
  for run in "$runs"/*Z-"$name"; do
    if [ -f "$run/matrix.json" ]; then found=$run; fi
  done
  printf '%s' "$found"
}

mkdir -p "$runs"
exec 9> "$runs/.$name.lock"
if command -v flock > /dev/null && ! flock -n 9; then
  echo "cron.sh: the run of $name before this one is still under way; nothing was started" >&2
  exit 5
fi

baseline=$(newest)
out=$runs/$(date -u +%Y%m%dT%H%M%SZ)-$name
said=$(mktemp)
trap 'rm -f "$said"' EXIT

code=0
conformance run --target "$target" --out "$out" > "$said" 2>&1 || code=$?
if [ "$code" -gt 1 ]; then
  cat "$said"
  if [ -d "$out" ]; then
    mkdir -p "$runs/incomplete"
    mv "$out" "$runs/incomplete/"
  fi
  echo "cron.sh: no whole run (exit code $code); the baseline stays ${baseline:-unset}"
  exit "$code"
fi

find "$runs" -name 'evidence.ndjson*' -mtime "+${EVIDENCE_DAYS:-30}" -delete

if [ -z "$baseline" ]; then
  echo "cron.sh: saved $out, the first run of $name; the next one is compared with it"
  exit 0
fi

code=0
conformance gate "$baseline" "$out" ${EXPECTATIONS:+--expectations "$EXPECTATIONS"} --markdown "$out/gate.md" > "$said" || code=$?
if [ "$code" -ne 0 ]; then
  cat "$said"
  echo "cron.sh: compared $out with $baseline (exit code $code)"
fi
exit "$code"
