#!/bin/bash -eu
# Builds every target with the engine that ClusterFuzzLite or OSS-Fuzz names, into $OUT, with its corpus and the dictionary.
# From them come CC, CFLAGS, LIB_FUZZING_ENGINE and OUT. Embedded Perl is left out: the runner has none.
make -j"$(nproc)" -f fuzz/fuzz.mk fuzz-engine FUZZ_PERL=/bin/false
for program in build/fuzz/engine/*; do
	target=$(basename "$program")
	cp "$program" "$OUT/"
	cp fuzz/engine/forkpool.dict "$OUT/$target.dict"
	inputs=$(mktemp -d)
	cp fuzz/corpus/"$target"/* "$inputs"/
	[ ! -d "fuzz/regressions/$target" ] || cp fuzz/regressions/"$target"/* "$inputs"/
	(cd "$inputs" && python3 -m zipfile -c "$OUT/${target}_seed_corpus.zip" *)
done
