# Fuzz targets: each is built for libFuzzer, for AFL++ and, with any C compiler, for replay. Included by the Makefile; also
# stands alone: `make -f fuzz/fuzz.mk fuzz-check`.
#
# LIB names the library's sources, so that a copy of them with a planted bug can be built: forkpool-fuzz bugs does that.

checks      += 'fuzz: $(MAKE) -s fuzz-check' 'fuzz-target: $(MAKE) -s fuzz-target-check' 'fuzz-floor: $(MAKE) -s fuzz-floor'
PACKAGES    += $(FUZZ_PACKAGES)
FUZZ_PACKAGES = clang llvm libclang-rt-dev afl++ libperl-dev libjansson-dev

# Only for the targets below, and where it stands alone: finding Perl takes a moment.
ifneq ($(filter fuzz%,$(MAKECMDGOALS) $(notdir $(firstword $(MAKEFILE_LIST)))),)

B           ?= build
LIB         ?= lib
FUZZ_B      ?= $(B)/fuzz
FUZZ_CC     ?= clang
AFL_CC      ?= afl-clang-fast
FUZZ_PERL   ?= /usr/bin/perl
FUZZ_PYTHON ?= /usr/bin/python3
FUZZ_SECONDS ?= 60

fuzz_targets = frame args parent child pair sched json engine transcript scenario
fuzz_measured = empty decode whole cut # by forkpool-fuzz bench
fuzz_flags   = -std=c11 -ffp-contract=off -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wvla -Werror -D_GNU_SOURCE -I$(LIB) -MMD -MP
fuzz_rig     = fuzz/rig/memory.c fuzz/rig/feed.c fuzz/rig/journal.c fuzz/rig/story.c fuzz/oracle/second.c
fuzz_extra_json = $(LIB)/io/json.c fuzz/oracle/jansson.c
fuzz_libs_json  = -ljansson
# What lies beside the library, in the tree or in a copy of it: the simulator's world without its commands, and the transcripts.
fuzz_tree       = $(patsubst %/,%,$(dir $(LIB)))
fuzz_sim_tools  = main command_run swarm smaller explore sweep theory attempt picture plan plot recording shrink story formula replication
fuzz_sim        = $(filter-out $(fuzz_sim_tools:%=sim/%.c),$(patsubst $(fuzz_tree)/%,%,$(wildcard $(fuzz_tree)/sim/*.c)))
fuzz_extra_engine     = $(fuzz_sim)
fuzz_libs_engine      = -ljansson -lm
fuzz_extra_scenario   = $(fuzz_sim) fuzz/rig/fault.c
fuzz_libs_scenario    = -ljansson -lm
fuzz_extra_transcript = $(patsubst $(fuzz_tree)/%,%,$(wildcard $(fuzz_tree)/conformance/transcript/*.c)) fuzz/rig/fault.c

# Embedded Perl is an oracle of args; without it the build says so. It takes half a second to find, so where it is is kept.
-include $(FUZZ_B)/perl.mk
ifneq ($(fuzz_perl_found),$(FUZZ_PERL))
fuzz_has_perl := $(shell p=$$($(FUZZ_PERL) -MConfig -e 'print "$$Config{archlibexp}/CORE/perl.h"') && test -f "$$p" && \
                   echo 'int main(void){return 0;}' | $(CC) -x c - -o /dev/null $$($(FUZZ_PERL) -MExtUtils::Embed -e ldopts) 2>&1 >/dev/null && echo yes)
ifeq ($(fuzz_has_perl),yes)
fuzz_perl       = perl
fuzz_libs_args := $(shell $(FUZZ_PERL) -MExtUtils::Embed -e ldopts)
$(shell mkdir -p $(FUZZ_B) && printf 'fuzz_perl_found = %s\nfuzz_perl = perl\nfuzz_libs_args = %s\n' '$(FUZZ_PERL)' '$(fuzz_libs_args)' \
         >$(FUZZ_B)/perl.mk.new && mv $(FUZZ_B)/perl.mk.new $(FUZZ_B)/perl.mk)
else
fuzz_perl       = perl_none
fuzz_libs_args  =
fuzz_no_perl    = @echo '  !! libperl-dev is not installed: args is built WITHOUT the oracle of embedded Perl'
endif
endif

fuzz_sources = $(wildcard fuzz/targets/$(1).c fuzz/bench/$(1).c fuzz/owners/$(1).c fuzz/models/$(1).c) $(fuzz_rig) $(wildcard $(LIB)/core/*.c) $(fuzz_extra_$(1))
fuzz_objects = $(patsubst %.c,$(FUZZ_B)/obj/$(1)/%.o,$(subst $(LIB)/,lib/,$(call fuzz_sources,$(2))) $(if $(filter args,$(2)),fuzz/oracle/$(fuzz_perl).c))

# What ASan sees anyway is not checked twice. Comparisons are traced where our mutator is not there to know the values: tracing them
# would take half of the time.
fuzz_cc_plain     = $(FUZZ_CC) -g -O3 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=null,alignment,object-size,pointer-overflow \
                    -fno-sanitize-recover=all -fno-omit-frame-pointer
fuzz_cc_libfuzzer = $(fuzz_cc_plain) -fno-sanitize-coverage=trace-cmp,indirect-calls
fuzz_ld_libfuzzer = $(FUZZ_CC) -fsanitize=fuzzer,address,undefined
# Somebody else's engine brings its own flags, in CFLAGS, and a C++ library (OSS-Fuzz, ClusterFuzzLite).
LIB_FUZZING_ENGINE ?= -fsanitize=fuzzer
fuzz_cc_engine    = $(FUZZ_CC) $(CFLAGS)
fuzz_ld_engine    = $(FUZZ_CC)++ $(CFLAGS) $(LIB_FUZZING_ENGINE)
fuzz_cc_afl       = $(AFL_CC) -g -O2 -fsanitize=fuzzer-no-link
fuzz_ld_afl       = $(AFL_CC) -fsanitize=fuzzer
fuzz_cc_replay    = $(CC) -g -O1
fuzz_ld_replay    = $(CC)
# abort is an ordinary function there, or what follows an assertion would count as never run
fuzz_cc_cover     = $(FUZZ_CC) -g -O0 -fno-builtin -fprofile-instr-generate -fcoverage-mapping
fuzz_ld_cover     = $(FUZZ_CC) -fprofile-instr-generate
fuzz_ld_plain     = $(fuzz_ld_libfuzzer)
fuzz_main_libfuzzer = fuzz/engine/libfuzzer.o fuzz/engine/libfuzzer_mutator.o fuzz/engine/mutate.o
fuzz_main_engine    = $(fuzz_main_libfuzzer)
fuzz_main_plain     = fuzz/engine/libfuzzer.o
fuzz_main_afl       = fuzz/engine/libfuzzer.o
fuzz_main_replay    = fuzz/engine/replay.o
fuzz_main_cover     = fuzz/engine/replay.o

# What is not under test is to be fast. The harness counts for coverage, as it is the input's choices that it goes by, but is not
# checked; what only serves it does not even count: it keeps memory from run to run, which would make AFL++ call it unstable.
# The arena is poisoned by its own hand.
fuzz_bare    = -g -O2 -fno-omit-frame-pointer -D__SANITIZE_ADDRESS__
fuzz_checked = $(addprefix sim/,scenario fields)
fuzz_aids    = $(addprefix fuzz/,rig/% oracle/% engine/% owners/pair) $(filter-out $(fuzz_checked),$(patsubst %.c,%,$(fuzz_sim)))
fuzz_harness = $(addprefix fuzz/,targets/% owners/% models/% bench/%)
define fuzz_unchecked
$(fuzz_aids:%=$$(FUZZ_B)/obj/$(1)/%.o): fuzz_cc_$(1) = $$(FUZZ_CC) $$(fuzz_bare)
$(fuzz_harness:%=$$(FUZZ_B)/obj/$(1)/%.o): fuzz_cc_$(1) = $$(FUZZ_CC) $$(fuzz_bare) -fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp,indirect-calls
endef
$(foreach d,plain libfuzzer,$(eval $(call fuzz_unchecked,$(d))))
# Texts have words that no mutator knows.
$(addprefix $(FUZZ_B)/obj/libfuzzer/,lib/io/%.o conformance/%.o $(fuzz_checked:%=%.o)): fuzz_cc_libfuzzer = $(fuzz_cc_plain)
$(fuzz_aids:%=$(FUZZ_B)/obj/afl/%.o): fuzz_cc_afl = $(FUZZ_CC) -g -O2

# $(1): libfuzzer, plain (libFuzzer without our mutator), engine, afl, replay or cover
define fuzz_build
$$(FUZZ_B)/obj/$(1)/fuzz/oracle/perl.o: fuzz/oracle/perl.c
	@mkdir -p $$(@D)
	@$$(fuzz_cc_$(1)) $$$$($$(FUZZ_PERL) -MExtUtils::Embed -e ccopts) $$(if $$(filter libfuzzer plain,$(1)),-fno-sanitize=undefined) -c $$< -o $$@
$$(FUZZ_B)/obj/$(1)/lib/%.o: $$(LIB)/%.c
	@mkdir -p $$(@D)
	@$$(fuzz_cc_$(1)) $$(fuzz_flags) -c $$< -o $$@
$$(FUZZ_B)/obj/$(1)/fuzz/%.o: fuzz/%.c
	@mkdir -p $$(@D)
	@$$(fuzz_cc_$(1)) $$(fuzz_flags) -c $$< -o $$@
$$(FUZZ_B)/obj/$(1)/sim/%.o: $$(fuzz_tree)/sim/%.c
	@mkdir -p $$(@D)
	@$$(fuzz_cc_$(1)) $$(fuzz_flags) -c $$< -o $$@
$$(FUZZ_B)/obj/$(1)/conformance/%.o: $$(fuzz_tree)/conformance/%.c
	@mkdir -p $$(@D)
	@$$(fuzz_cc_$(1)) $$(fuzz_flags) -c $$< -o $$@
endef
define fuzz_link
$$(FUZZ_B)/$(1)/$(2): $$(addprefix $$(FUZZ_B)/obj/$(1)/,$$(fuzz_main_$(1))) $$(call fuzz_objects,$(1),$(2))
	@mkdir -p $$(@D)
	$(if $(filter args,$(2)),$$(fuzz_no_perl))
	@echo '  LD $$@'
	@$$(fuzz_ld_$(1)) $$^ $$(fuzz_libs_$(2)) -o $$@
endef
$(foreach d,libfuzzer plain engine afl replay cover,$(eval $(call fuzz_build,$(d)))$(foreach t,$(fuzz_targets),$(eval $(call fuzz_link,$(d),$(t)))))
$(foreach t,$(fuzz_measured),$(eval $(call fuzz_link,libfuzzer,$(t))))

$(FUZZ_B)/mutator.so: fuzz/engine/afl_mutator.c fuzz/engine/mutate.c fuzz/oracle/second.c
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) -shared -fPIC -O2 $(filter-out -MMD -MP,$(fuzz_flags)) $^ -o $@

# Fuzzing of a child as a process: an ordinary program, with the suite's way of running one and its language for sessions.
fuzz_target = $(patsubst %.c,$(FUZZ_B)/obj/replay/%.o,$(wildcard fuzz/target/*.c conformance/transcript/*.c) conformance/judge/process.c \
              conformance/judge/base.c fuzz/oracle/second.c fuzz/engine/mutate.c lib/programs/cli.c)
$(FUZZ_B)/target: $(fuzz_target)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $^ -ljansson -o $@

fuzz-target: $(FUZZ_B)/target ## build forkpool-fuzz target, which fuzzes a child as a process
fuzz-target-proof: $(FUZZ_B)/target ## plant faults in children, see them found, and nothing in right ones (some 15 minutes; after make)
	@$(FUZZ_PYTHON) fuzz/tool/target_proof.py

fuzz-bench: ## measure the fuzz targets against an empty one (two minutes)
	@fuzz/forkpool-fuzz bench

fuzz-replay: $(addprefix $(FUZZ_B)/replay/,$(fuzz_targets)) ## build the fuzz targets for replay (any compiler)
fuzz-build: $(addprefix $(FUZZ_B)/libfuzzer/,$(fuzz_targets)) ## build the fuzz targets for libFuzzer
fuzz-engine: $(addprefix $(FUZZ_B)/engine/,$(fuzz_targets)) ## build the fuzz targets for $LIB_FUZZING_ENGINE
fuzz-afl: $(addprefix $(FUZZ_B)/afl/,$(fuzz_targets)) $(FUZZ_B)/mutator.so ## build the fuzz targets and the mutator for AFL++
fuzz-cover: $(addprefix $(FUZZ_B)/cover/,$(fuzz_targets))

fuzz: fuzz-build ## fuzz every target for a minute in turn
	@for t in $(fuzz_targets); do fuzz/forkpool-fuzz run $$t --time $(FUZZ_SECONDS) || exit 1; done

fuzz_pytest = PYTHONDONTWRITEBYTECODE=1 $(FUZZ_PYTHON) -m pytest -q -p no:cacheprovider
fuzz-check: fuzz-replay $(FUZZ_B)/mutator.so ## replay the fuzz corpus and the regressions, and test the fuzz tools
	@$(fuzz_pytest) tests/fuzz --ignore tests/fuzz/target

fuzz-target-check: $(FUZZ_B)/target ## test forkpool-fuzz target against right and wrong children (after make)
	@$(fuzz_pytest) tests/fuzz/target

fuzz-floor: ## see that the fuzz corpus reaches all of the ends, and 95 % of sched and engine (needs clang, llvm)
	@fuzz/forkpool-fuzz cover --check

-include $(shell find $(FUZZ_B)/obj -name '*.d' 2>/dev/null)

.PHONY: fuzz-bench fuzz-floor fuzz-target fuzz-target-proof fuzz-engine fuzz fuzz-build fuzz-afl fuzz-cover fuzz-replay fuzz-check fuzz-target-check
.SECONDARY:
.DELETE_ON_ERROR:
endif
