#!/usr/bin/env bash
# The main job: an incident on a private Postfix and Dovecot, from the first report to the bundle.
# Where those cannot be installed, the same search on generated sample files.
set -euo pipefail
cd "$(dirname "$0")/.."
out=${1:?usage: tools/demo.sh FOLDER}
postwarden=.venv/bin/postwarden
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)

if ! tools/setup.sh lab; then
  echo "No Postfix and Dovecot can be installed here: the demonstration goes on with sample files." >&2
  exec tools/demo-samples.sh "$out"
fi
if [ -e "$out/lab" ]; then "${as_root[@]}" $postwarden lab down --dir "$out/lab" >/dev/null 2>&1 || true; fi
"${as_root[@]}" rm -rf "$out"
mkdir -p "$out"
trap '"${as_root[@]}" $postwarden lab down --dir "$out/lab" >/dev/null' EXIT

exec 3>&1
say() { printf '\n== %s\n' "$*"; }
run() { # WHO COMMAND…: shows a command, and runs it on the lab as somebody
  printf '\n$ postwarden %s --as %s\n' "${*:2}" "$1" >&3
  $postwarden "${@:2}" -c "$out/lab/postwarden.toml" --as "$1"
}
told() { .venv/bin/python -c "import json, sys; found = json.load(open('$out/incident.json')); $1"; }
logins() { # of somebody who got strangers' mail, and of somebody who did not
  # shellcheck disable=SC2046  # words
  "${as_root[@]}" .venv/bin/python tools/demo_logins.py "$out/lab" $(told '
wrong = {account for accounts in found["truth"].values() for account in accounts}
print(found["reports"][0]["account"], min(set(found["concerned"]) - wrong))')
}
fails() { # STATUS COMMAND…: a command that has to end so
  local expected=$1 status=0
  shift
  "$@" || status=$?
  [ "$status" = "$expected" ] || { echo "the demonstration expected status $expected, not $status" >&2; exit 1; }
}

say "A private Postfix and Dovecot: two domains, 50 accounts, nothing leaves this machine"
"${as_root[@]}" $postwarden lab up --dir "$out/lab" | tail -2
say "Real mail by SMTP; for a moment the alias map is live one line off, and some of it is read"
"${as_root[@]}" .venv/bin/python -m postwarden.drills.misdelivery "$out/lab" >"$out/incident.json"
told 'print(len(found["concerned"]), "accounts are named where the maps differ;", len(found["truth"]), "messages went astray")'

say "Two people: who is on call, and who approves"
run anna person add anna --role postmaster
run anna person add dora --role officer
ssh-keygen -q -t ed25519 -N '' -f "$out/dora.key"
run dora person enrol dora --key "$out/dora.key"

say "Customers report mail that is not theirs"
run anna case open misdelivery "Mail in the wrong mailbox" --lead anna
case=$(date -u +%Y)-0001
told 'print("\n".join(one["account"] + " " + one["message_id"] for one in found["reports"]))' |
  while read -r account message; do run anna case report "$case" "$account" --message-id "$message"; done
# shellcheck disable=SC2046  # words
run anna case change "$case" $(told 'print("--occurred-from", found["began"], "--occurred-to", found["ended"])')

say "Found: whose mail lies where, by headers and logs alone"
printf '\n$ postwarden scan --purpose "case %s"\n' "$case"
$postwarden scan -c "$out/lab/postwarden.toml" --purpose "case $case"
run anna case findings "$case"

$postwarden case show "$case" --json -c "$out/lab/postwarden.toml" --as anna >"$out/case.json"
told '
case = json.load(open("'"$out"'/case.json"))
seen = {(one["message_id"], one["account"]) for one in case["findings"] if one["verdict"] == "misdelivered"}
true = {(name, account) for name, accounts in found["truth"].items() for account in accounts}
print(f"Against the known truth: {len(true)} wrong copies, {len(seen & true)} found, {len(seen - true)} accused wrongly.")
sys.exit(seen != true)'

say "Held: everybody whom either map names"
told 'print("\n".join(found["concerned"]))' >"$out/concerned.txt"
run anna hold --case "$case" --file "$out/concerned.txt" --reason "alias map one line off"
plan=$($postwarden plans -c "$out/lab/postwarden.toml" --as dora | awk 'NR == 2 { print $1 }')
run dora approve "$plan" --key "$out/dora.key"
logins

say "Sessions end; a proof counts from when nobody is in the mailboxes any more"
for _ in $(seq 60); do
  left=$($postwarden holds -c "$out/lab/postwarden.toml" --as anna | grep "^To be done" || true)
  [ -n "$left" ] || break
  sleep 1
done
echo "${left:-Nothing is left to do for the worker.}"

say "Examined: a scan from after the hold"
$postwarden scan -c "$out/lab/postwarden.toml" --purpose "case $case, after the hold"
fails 1 run anna examine --case "$case" --format html >"$out/report.html"

say "The innocent are released by proof, the rest wait for repair"
run anna release --case "$case" --proven
run anna holds --case "$case"
logins
run anna case show "$case"

say "The record, and the case as a bundle that anybody can check"
run anna case export "$case" "$out/$case.tar"
.venv/bin/python -m postwarden.ledger.check "$out/$case.tar"
printf '\n$ postwarden verify\n'
$postwarden verify -c "$out/lab/postwarden.toml"

say "Are the servers such that held means held? A throw-away account tries"
run anna doctor
echo; echo "The report for people: $out/report.html"
echo "The lab has stopped; start it again: ${as_root[*]} $postwarden lab up --dir $out/lab"
