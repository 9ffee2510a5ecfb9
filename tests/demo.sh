#!/usr/bin/env bash
# The demo: a pool does real work, and others say whether it did it right.
#
#   demo.sh BUILD_DIR [DIRECTORY]
#
# Digests every regular file under /usr/include, or DIRECTORY, in a pool as large as the machine, compares a sample with
# sha256sum, then runs the commands in DEMO_RECORDINGS, which plays the recordings of the original, and DEMO_CONFORMANCE, which
# runs the conformance suite; each ends with a line that has "N passed" and perhaps "N failed". Exit status 0 only if
# everything agreed.
set -euo pipefail

build=${1:?usage: demo.sh BUILD_DIR, the directory that make has built}
recordings=${DEMO_RECORDINGS:?set it to the command that plays the recordings, or run the demo by make demo}
conformance=${DEMO_CONFORMANCE:?set it to the command that runs the conformance suite, or run the demo by make demo}
run=$build/bin/forkpool-run
where=${2:-/usr/include}
sample_size=200

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
if [ -t 1 ]; then terminal=1; else terminal=; fi
disagreed=0

say() { printf '  %-11s %s\n' "$1" "$2"; }
grouped() { sed ':again; s/\B[0-9]\{3\}\>/,&/; t again' <<< "$1"; } # 1234567: 1,234,567
progress() { if [ "$terminal" ]; then printf '\r\033[K  %s' "$1"; fi; }

# ---- the files, as lines of forkpool-run

find "$where" -type f -print0 | sort -z > "$dir/names"
files=$(tr -cd '\0' < "$dir/names" | wc -c)
if [ "$files" = 0 ]; then
	echo "demo: no file under $where: install some headers, as of libc6-dev" >&2
	exit 1
fi
sed -z 's/\\/\\\\/g; s/\t/\\t/g; s/\r/\\r/g; s/\n/\\n/g' "$dir/names" | tr '\0' '\n' > "$dir/calls"

echo "Digesting every file under $where: octets, lines and SHA-256, in $(nproc) worker processes at most"

# ---- the pool

# Passes the results on and shows how far they are.
watch_results() {
	awk -v files="$files" -v terminal="$terminal" '
		{ print }
		terminal && NR % 64 == 0 { printf "\r\033[K  %d of %d files", NR, files > "/dev/stderr" }
		END { if (terminal) printf "\r\033[K" > "/dev/stderr" }'
}

status=0
"$run" --max "$(nproc)" --stats digest digest < "$dir/calls" 2> "$dir/told" |
	watch_results > "$dir/results" || status=$?
told() { sed -n "s/^forkpool-run: $1.*/\1/p" "$dir/told"; } # what the \(group\) in $1 stands for

seconds=$(told '[0-9]* lines in \([0-9.]*\) s')
if [ "$status" != 0 ] || [ -z "$seconds" ] || [ "$(wc -l < "$dir/results")" != "$files" ]; then
	echo "demo: forkpool-run ended with status $status and $(wc -l < "$dir/results") of $files results:" >&2
	cat "$dir/told" >&2
	exit 1
fi
read -r octets lines unread largest < <(awk -F '\t' '
	{ octets += $1; lines += $2; unread += $1 == "-"; if ($1 + 0 >= most) { most = $1 + 0; at = NR } }
	END { printf "%.0f %.0f %d %d\n", octets, lines, unread, at }' "$dir/results")
per_second() { awk -v n="$1" -v s="$seconds" -v form="$2" 'BEGIN { printf form, n / (s > 0 ? s : 0.001) }'; }

say files "$(grouped "$files"), $unread of them not readable"
say octets "$(grouped "$octets"), in $(grouped "$lines") lines"
say largest "$(sed -n "${largest}p" "$dir/calls"), $(grouped "$(sed -n "${largest}p" "$dir/results" | cut -f 1)") octets"
say time "$seconds s"
say speed "$(grouped "$(per_second "$files" %.0f)") files/s, $(per_second $((octets / 1048576)) %.0f) MiB/s"
say workers "$(told '\([0-9]* workers started[^;]*\)' | sed 's/ workers//')"
say calls "$(told '[0-9]* calls: \(.*\)')"

# ---- what sha256sum says of a sample

# Every so manyth of the files, and what was said of it.
step=$(((files + sample_size - 1) / sample_size))
sed -zn "1~${step}p" "$dir/names" > "$dir/sample"
sed -n "1~${step}p" "$dir/results" | cut -f 3 > "$dir/ours"
# A file that cannot be read has the same reason in both.
xargs -0 sha256sum -z -- < "$dir/sample" 2> "$dir/refused" | cut -z -c 1-64 | tr '\0' '\n' > "$dir/theirs" || true
grep -v '^error: ' "$dir/ours" > "$dir/read" || true
sampled=$(wc -l < "$dir/read")
same=$(paste "$dir/read" "$dir/theirs" | awk -F '\t' '$1 == $2 && length($1) == 64' | wc -l)
say sha256sum "$same of $sampled in a sample agree"
if [ "$same" != "$sampled" ] || [ "$sampled" = 0 ] || [ "$sampled" != "$(wc -l < "$dir/theirs")" ]; then
	paste "$dir/read" "$dir/theirs" | awk -F '\t' '$1 != $2' | head -n 5 >&2
	disagreed=1
fi

# ---- what else judges it

# Runs a command that ends with a line of "N passed" and perhaps "N failed", and says what it counted.
judge() { # NAME WHAT COMMAND
	local status=0 passed failed
	progress "$2"
	bash -c "$3" > "$dir/played" 2>&1 < /dev/null || status=$?
	progress ''; if [ "$terminal" ]; then printf '\r'; fi
	passed=$(counted passed)
	failed=$(counted failed)
	say "$1" "${passed:-0} of $((${passed:-0} + ${failed:-0})) $2"
	if [ "$status" != 0 ] || [ "${passed:-0}" = 0 ]; then
		tail -n 20 "$dir/played" >&2
		disagreed=1
	fi
}
counted() { grep -E '[0-9]+ (passed|failed)' "$dir/played" | tail -n 1 | grep -oE "[0-9]+ $1" | cut -d ' ' -f 1 || true; }

judge recordings 'checks against recordings of the original agree' "$recordings"
judge conformance 'plays of our own child, parent and pool conform' "$conformance"

if [ "$disagreed" = 0 ]; then echo "Everything agrees."; else echo "Something does not agree: see above."; fi
exit "$disagreed"
