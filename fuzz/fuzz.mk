# Fuzz targets: each is built for libFuzzer, for AFL++ and, with any C compiler, for replay. Included by the Makefile; also
# stands alone: `make -f fuzz/fuzz.mk fuzz-check`.
#
# LIB names the library's sources, so that a copy of them with a planted bug can be built: forkpool-fuzz bugs does that.

checks      += 'fuzz: $(MAKE) -s fuzz-check'
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

fuzz_targets = frame args parent child pair sched json
fuzz_flags   = -std=c11 -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wvla -Werror -D_GNU_SOURCE -I$(LIB) -MMD -MP
fuzz_rig     = fuzz/rig/memory.c fuzz/rig/journal.c fuzz/rig/story.c fuzz/oracle/second.c
fuzz_extra_json = $(LIB)/io/json.c
fuzz_libs_json  = -ljansson

# Embedded Perl is an oracle of args; without it the build says so.
fuzz_has_perl := $(shell p=$$($(FUZZ_PERL) -MConfig -e 'print "$$Config{archlibexp}/CORE/perl.h"') && test -f "$$p" && \
                   echo 'int main(void){return 0;}' | $(CC) -x c - -o /dev/null $$($(FUZZ_PERL) -MExtUtils::Embed -e ldopts) 2>&1 >/dev/null && echo yes)
ifeq ($(fuzz_has_perl),yes)
fuzz_perl       = perl
fuzz_libs_args := $(shell $(FUZZ_PERL) -MExtUtils::Embed -e ldopts)
else
fuzz_perl       = perl_none
fuzz_no_perl    = @echo '  !! libperl-dev is not installed: args is built WITHOUT the oracle of embedded Perl'
endif

fuzz_sources = fuzz/targets/$(1).c $(wildcard fuzz/owners/$(1).c fuzz/models/$(1).c) $(fuzz_rig) $(wildcard $(LIB)/core/*.c) $(fuzz_extra_$(1))
fuzz_objects = $(patsubst %.c,$(FUZZ_B)/obj/$(1)/%.o,$(subst $(LIB)/,lib/,$(call fuzz_sources,$(2))) $(if $(filter args,$(2)),fuzz/oracle/$(fuzz_perl).c))

fuzz_cc_libfuzzer = $(FUZZ_CC) -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
fuzz_ld_libfuzzer = $(FUZZ_CC) -fsanitize=$(if $(LIB_FUZZING_ENGINE),,fuzzer,)address,undefined $(LIB_FUZZING_ENGINE)
fuzz_cc_afl       = $(AFL_CC) -g -O2 -fsanitize=fuzzer-no-link
fuzz_ld_afl       = $(AFL_CC) -fsanitize=fuzzer
fuzz_cc_replay    = $(CC) -g -O1
fuzz_ld_replay    = $(CC)
# abort is an ordinary function there, or what follows an assertion would count as never run
fuzz_cc_cover     = $(FUZZ_CC) -g -O0 -fno-builtin -fprofile-instr-generate -fcoverage-mapping
fuzz_ld_cover     = $(FUZZ_CC) -fprofile-instr-generate
fuzz_cc_plain     = $(fuzz_cc_libfuzzer)
fuzz_ld_plain     = $(fuzz_ld_libfuzzer)
fuzz_main_libfuzzer = fuzz/engine/libfuzzer.o fuzz/engine/libfuzzer_mutator.o fuzz/engine/mutate.o
fuzz_main_plain     = fuzz/engine/libfuzzer.o
fuzz_main_afl       = fuzz/engine/libfuzzer.o
fuzz_main_replay    = fuzz/engine/replay.o
fuzz_main_cover     = fuzz/engine/replay.o

# The rig keeps memory from run to run: its branches say nothing of an input, and would make AFL++ call it unstable.
$(FUZZ_B)/obj/afl/fuzz/rig/%.o: fuzz_cc_afl = $(FUZZ_CC) -g -O2

# $(1): libfuzzer, plain (libFuzzer without our mutator), afl, replay or cover
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
endef
define fuzz_link
$$(FUZZ_B)/$(1)/$(2): $$(addprefix $$(FUZZ_B)/obj/$(1)/,$$(fuzz_main_$(1))) $$(call fuzz_objects,$(1),$(2))
	@mkdir -p $$(@D)
	$(if $(filter args,$(2)),$$(fuzz_no_perl))
	@echo '  LD $$@'
	@$$(fuzz_ld_$(1)) $$^ $$(fuzz_libs_$(2)) -o $$@
endef
$(foreach d,libfuzzer plain afl replay cover,$(eval $(call fuzz_build,$(d)))$(foreach t,$(fuzz_targets),$(eval $(call fuzz_link,$(d),$(t)))))

$(FUZZ_B)/mutator.so: fuzz/engine/afl_mutator.c fuzz/engine/mutate.c fuzz/oracle/second.c
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) -shared -fPIC -O2 $(filter-out -MMD -MP,$(fuzz_flags)) $^ -o $@

fuzz-replay: $(addprefix $(FUZZ_B)/replay/,$(fuzz_targets)) ## build the fuzz targets for replay (any compiler)
fuzz-build: $(addprefix $(FUZZ_B)/libfuzzer/,$(fuzz_targets)) ## build the fuzz targets for libFuzzer
fuzz-afl: $(addprefix $(FUZZ_B)/afl/,$(fuzz_targets)) $(FUZZ_B)/mutator.so ## build the fuzz targets and the mutator for AFL++
fuzz-cover: $(addprefix $(FUZZ_B)/cover/,$(fuzz_targets))

fuzz: fuzz-build ## fuzz every target for a minute in turn
	@for t in $(fuzz_targets); do fuzz/forkpool-fuzz run $$t --time $(FUZZ_SECONDS) || exit 1; done

fuzz-check: fuzz-replay $(FUZZ_B)/mutator.so ## replay the fuzz corpus and the regressions, and test the fuzz tools
	@fuzz/forkpool-fuzz replay --all
	@PYTHONDONTWRITEBYTECODE=1 $(FUZZ_PYTHON) -m pytest -q -p no:cacheprovider tests/fuzz

-include $(shell find $(FUZZ_B)/obj -name '*.d' 2>/dev/null)

.PHONY: fuzz fuzz-build fuzz-afl fuzz-cover fuzz-replay fuzz-check
.SECONDARY:
.DELETE_ON_ERROR:
endif
