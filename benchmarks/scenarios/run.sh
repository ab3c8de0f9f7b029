#!/bin/sh
# Runs k6 until the plan is done: each run of benchmark.ts names the script of the next one, or none.
# The image has nothing but a shell, so this is one. Journal and notes are kept in TMPDIR, which is
# in memory unless given, because the container's own file system may be read-only.
set -u
cd "${0%/*}" || exit 1
JOURNAL=${TMPDIR:-/dev/shm}/benchmark-$$-journal
NEXT=${TMPDIR:-/dev/shm}/benchmark-$$-next
export JOURNAL NEXT
child=
stopped=
trap 'stopped=yes; [ -z "$child" ] || kill -TERM "$child"' TERM INT
trap 'rm -f "$JOURNAL" "$NEXT"' EXIT

# How often this cgroup had to wait for CPU; version 2, or else version 1.
cpu() {
  cat "${CPU_STAT_PATH:-/sys/fs/cgroup/cpu.stat}" 2>/dev/null ||
    cat /sys/fs/cgroup/cpu/cpu.stat 2>/dev/null
}

# No address: k6's own API, through which a test can be steered, is not opened.
: >"$JOURNAL" || exit 1
CPU_BEFORE=
CPU_AFTER=
export CPU_BEFORE CPU_AFTER
script=benchmark.ts
while [ -n "$script" ]; do
  [ -z "$stopped" ] || exit 143
  rm -f "$NEXT"
  before=$(cpu)
  k6 run --quiet --no-color --address "" "$script" &
  child=$!
  wait "$child"
  code=$?
  # A signal ends the waiting, and k6 a moment later.
  if [ -n "$stopped" ]; then
    wait "$child"
    exit $?
  fi
  [ "$code" -eq 0 ] || exit "$code"
  CPU_BEFORE=$before
  CPU_AFTER=$(cpu)
  if [ ! -f "$NEXT" ]; then
    echo "$script left no measurement; a script exports handleSummary of /benchmarks/script.ts" >&2
    exit 1
  fi
  script=$(cat "$NEXT")
done
