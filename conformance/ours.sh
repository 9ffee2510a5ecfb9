#!/usr/bin/env bash
# Runs the suite on forkpool's own child, parent and pool: both modes, both profiles, the serialisers that each has.
#
#   ours.sh BUILD_DIR
#
# A line for each run; the last is `N passed, N failed`. Exit status 0 only if all conform.
set -euo pipefail

build=$(realpath "${1:?usage: ours.sh BUILD_DIR, the directory that make has built}")
here=$(dirname "$0")
export FORKPOOL_WORKER=$build/bin/forkpool-worker FORKPOOL_TEMPLATE=$build/bin/forkpool-template FORKPOOL_PATH=$build/lib/forkpool
passed=0 failed=0

judge() { # SIDE COMMAND MODE PROFILE SERIALISER
	local text status=0 line
	text=$("$build/bin/forkpool-conform" run "--$1" "$2" --can all "--$3" --profile "$4" --serialiser "$5" --timeout 60s) || status=$?
	line=$(tail -n 1 <<< "$text")
	printf '  %-7s %-6s %-8s %-7s %s\n' "$1" "$3" "$4" "$5" "$line"
	passed=$((passed + $(sed -n 's/.* \([0-9]*\) pass.*/\1/p' <<< "$line" | grep . || echo 0)))
	if [ "$status" != 0 ]; then
		failed=$((failed + 1))
		printf '%s\n' "$text"
	fi
}

for mode in sync async; do
	for profile in network native; do
		for serialiser in string json; do
			judge child "exec $here/testees/worker.sh" $mode $profile $serialiser
		done
		judge parent "exec $build/testees/parent" $mode $profile string
		judge pool "exec $build/testees/pool" $mode $profile string
	done
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
