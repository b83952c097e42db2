#!/usr/bin/env bash
# The main job: the drill on a private Postfix and Dovecot, from the first report to the bundle.
# Where those cannot be installed, the same search on generated sample files.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?usage: tools/demo.sh FOLDER}
messages=1000 # of the stock of 6,046: so that all of it takes less than two minutes on two cores
postwarden=.venv/bin/postwarden
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

samples() {
  echo "$1: the demonstration goes on with sample files." >&2
  exec tools/demo-samples.sh "$out"
}
tools/setup.sh lab || samples "No Postfix and Dovecot can be installed here"
tools/setup.sh corpus || samples "The real messages for the drill cannot be downloaded here"
if [ -e "$out/lab" ]; then "${as_root[@]}" $postwarden lab down --dir "$out/lab" >/dev/null 2>&1 || true; fi
"${as_root[@]}" rm -rf "$out"
mkdir -p "$out"
trap '"${as_root[@]}" $postwarden lab down --dir "$out/lab" >/dev/null' EXIT

say() { printf '\n== %s\n' "$*"; }

say "A drill with $messages real messages: \$ postwarden drill misdelivery --dir $out/lab --messages $messages --keep"
echo "Two domains, 50 accounts; nothing leaves this machine. The whole stock: leave --messages away."
"${as_root[@]}" $postwarden drill misdelivery --dir "$out/lab" --messages $messages --keep

say "Are the servers such that held means held? A throw-away account tries"
$postwarden doctor -c "$out/lab/postwarden.toml" --as anna
echo; echo "The after-action report: $out/lab/drill/report.html"
echo "What each command printed, and the case's bundle: $out/lab/drill/"
"${as_root[@]}" tools/demo-console.sh "$out/lab/postwarden.toml"
echo "The lab has stopped; start it again: ${as_root[*]} $postwarden lab up --dir $out/lab"
