# The conformance suite: forkpool-conform, its tests, and what is judged. Included by the Makefile.

transcript  = $(patsubst %.c,$(B)/obj/%.o,$(wildcard conformance/transcript/*.c))
judge       = $(patsubst %.c,$(B)/obj/%.o,$(wildcard conformance/judge/*.c))
unit       += $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/conformance/test_*.c))
checks     += 'conformance: $(pytest) tests/conformance'

$(B)/bin/forkpool-conform: $(judge) $(transcript) $(cli)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -ljansson -o $@

$(B)/tests/conformance/test_%: $(B)/obj/tests/conformance/test_%.o $(transcript)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -lcmocka -o $@

all: $(B)/bin/forkpool-conform
