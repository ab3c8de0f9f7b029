#!/bin/sh
# Waits until a ModelDeployment serves its latest spec and has been measured, and exits with
#   0  the SLO is met
#   1  the SLO is missed
#   2  there is no result: the run was invalid, or there is no spec.benchmark or spec.slo
#   3  manual action is needed
#   4  none of these happened in time
#   5  kubectl failed
#
#   gate.sh NAME [TIMEOUT in seconds, 900] [additional arguments for kubectl, such as -n demo]
set -u
if [ $# -eq 0 ] || [ -z "$1" ]; then
  echo "usage: gate.sh NAME [SECONDS] [ARGUMENTS OF KUBECTL]" >&2
  exit 5
fi
name=$1
seconds=${2:-900}
shift
[ $# -gt 0 ] && shift
case $seconds in
  *[!0-9]* | "")
    echo "\"$seconds\" is not a number of seconds; usage: gate.sh NAME [SECONDS] [ARGUMENTS OF KUBECTL]" >&2
    exit 5
    ;;
esac

# A single answer, so that all of it is consistent: "2 2 Ready=True=Serving=2= …". Each condition ends
# with its observedGeneration; conditions of an earlier generation are ignored.
state='{.metadata.generation} {.status.observedGeneration} {range .status.conditions[*]}{.type}={.status}={.reason}={.observedGeneration}= {end}'

present() {
  generation=$1
  for condition; do
    case $condition in *"=$generation=") printf ' %s' "$condition" ;; esac
  done
}

finish() {
  kubectl get mdep "$name" "$@" -o jsonpath="{.status.conditions[?(@.type==\"$about\")].message}{\"\n\"}"
  exit "$code"
}

end=$(($(date +%s) + seconds))
while :; do
  found=$(kubectl get mdep "$name" "$@" -o jsonpath="$state") || exit 5
  code=
  # shellcheck disable=SC2086 # words it is
  case "$(present $found)" in
    *" Stalled=True=SLOMissed="*) about=Stalled code=1 ;;
    *" Stalled=True="*) about=Stalled code=3 ;;
    *" Ready=True="*" WithinSLO=True="*) about=WithinSLO code=0 ;;
    *" Ready=True="*" WithinSLO=False="*) about=WithinSLO code=1 ;;
    *" Ready=True="*" Benchmarked=True="*) about=WithinSLO code=2 ;;
    *" Benchmarked=False=Running="* | *" Benchmarked=False=Waiting="*) ;;
    *" Benchmarked=False=Queued="* | *" Benchmarked=False=Stale="*) ;;
    *" Ready=True="*" Benchmarked=False="*) about=Benchmarked code=2 ;;
  esac
  [ -n "$code" ] && finish "$@"
  if [ "$(date +%s)" -ge "$end" ]; then
    echo "not within $seconds s; generation and status: $found" >&2
    exit 4
  fi
  sleep 2
done
