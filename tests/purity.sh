#!/usr/bin/env bash
# The core's purity and the direction of includes (design: the core knows nothing outside itself).
#   purity.sh LIBFPCORE.a
set -u
fail=0
say() { echo "purity: $1"; fail=1; }

# what the core takes from outside: mem* functions and abort, nothing else
whole=$(mktemp)
trap 'rm -f "$whole"' EXIT
ld -r --whole-archive "$1" -o "$whole" || exit 1
while read -r symbol; do
	case $symbol in
	memcpy | memmove | memset | memcmp | strlen | abort | _GLOBAL_OFFSET_TABLE_) ;;
	*) say "the core uses $symbol" ;;
	esac
done < <(nm -u "$whole" | awk '{print $2}')
# no variable that can change (.data.rel.ro holds constants with addresses in them)
while read -r symbol; do
	say "the core has a variable: $symbol"
done < <(objdump -t "$whole" | awk '$3 == "O" || $4 == "O"' | grep -E '[[:space:]](\.data|\.bss|\*COM\*)[[:space:]]' | awk '{print $NF}')

# includes run downwards only: NAME may include what stands behind it
allowed() {
	case $1 in
	base) echo forkpool ;;
	list | heap | ids | buf | slab | retire | words) echo base list heap ids buf retire ;;
	frame | args) echo base buf ;;
	wire) echo args ;;
	parent | child) echo base buf frame args ids list wire ;;
	sched) echo base heap list ;;
	engine | engine_inside | engine_job | engine_worker) echo base buf parent sched retire heap list engine ;;
	*) echo ;;
	esac
}
for file in lib/core/*.[ch]; do
	noun=$(basename "$file"); noun=${noun%.?}
	for header in $(sed -n 's/^#include "\(.*\)\.h".*/\1/p' "$file"); do
		header=${header#../}
		[ "$header" = "$noun" ] && continue
		case $noun/$header in engine*/engine_inside) continue ;; esac
		case " $(allowed "$noun") " in *" $header "*) ;; *) say "$file includes $header.h" ;; esac
	done
	for header in $(sed -n 's/^#include <\(.*\)>.*/\1/p' "$file"); do
		case $header in string.h | stdint.h | stddef.h | stdbool.h | signal.h) ;; *) say "$file includes <$header>" ;; esac
	done
done
while read -r file; do say "$file reaches up"; done < <(grep -lE '"\.\./(io|programs)/' lib/core/*.[ch])
while read -r file; do say "$file includes ev.h"; done < <(
	grep -lE '#include [<"]ev\.h' lib/io/*.[ch] lib/core/*.[ch] | grep -vE '/(pool|host|template|worker_async)\.[ch]$')
[ "$fail" = 0 ] && echo "1 passed, 0 failed" || { echo "0 passed, 1 failed"; exit 1; }
