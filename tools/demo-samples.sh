#!/usr/bin/env bash
# The main job on a provider that does not exist: generate it, scan it, examine it, write the report.
set -euo pipefail
out=${1:?usage: tools/demo.sh FOLDER}
postwarden=.venv/bin/postwarden
rm -rf "$out" "$out"-truth*
echo "A sample provider: 40 accounts, a day of mail, an alias map that was re-imported one line off."
.venv/bin/python -m postwarden.drills.simulated "$out"
echo; echo "\$ postwarden scan -c $out/postwarden.toml"
$postwarden scan -c "$out/postwarden.toml" --purpose "demonstration"
echo; echo "\$ postwarden examine -c $out/postwarden.toml --fault $out/directory/virtual.faulty"
$postwarden examine -c "$out/postwarden.toml" --fault "$out/directory/virtual.faulty" --format html >"$out/report.html" &
report=$!
expect_wrong() { [ "$1" = 1 ] || { echo "the demonstration should have found misdelivered mail (exit status $1)" >&2; exit 1; }; }
status=0
$postwarden examine -c "$out/postwarden.toml" --fault "$out/directory/virtual.faulty" || status=$?
expect_wrong $status
status=0
wait $report || status=$?
expect_wrong $status
echo; echo "The report for people: $out/report.html"
