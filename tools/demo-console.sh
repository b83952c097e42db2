#!/usr/bin/env bash
# The end of the demonstration: the console on its case, until Ctrl-C. Without a terminal, or with
# DEMO_SERVE=0, it is only seen to answer.
set -euo pipefail
cd "$(dirname "$0")/.."
config=${1:?usage: tools/demo-console.sh CONFIGURATION}
postwarden=.venv/bin/postwarden

port=$(.venv/bin/python tools/free_port.py 8025)
console=http://localhost:$port
invited=$($postwarden person invite anna -c "$config" --as anna)
echo; echo "== The console, on this case: \$ postwarden serve --insecure --port $port"
echo "Its address: $console/"
echo "Anna's link, which works once, for a day: $console${invited##*: }"

started=()
end() { kill "${started[@]}" 2>/dev/null && wait "${started[@]}" 2>/dev/null || true; }
trap end EXIT
trap 'exit 0' INT TERM
log=$(dirname "$config")/console.log
$postwarden serve --insecure --port "$port" --workers 1 -c "$config" >"$log" 2>&1 & started+=($!)
$postwarden worker -c "$config" >>"$log" 2>&1 & started+=($!)
if ! .venv/bin/python tools/free_port.py --answers "$console/account/login/"; then
  echo "The console does not answer; what it said:" >&2
  cat "$log" >&2
  exit 1
fi
if [ -t 1 ] && [ "${DEMO_SERVE:-1}" != 0 ]; then
  echo "Ctrl-C ends it."
  wait "${started[0]}"
else
  echo "It answers, and ends here (DEMO_SERVE=0, or no terminal)."
fi
