# forkpool-conform: the conformance suite's program. Included by the Makefile.

judge       = $(patsubst %.c,$(B)/obj/%.o,$(wildcard conformance/judge/*.c conformance/transcript/*.c))

$(B)/bin/forkpool-conform: $(judge) $(cli)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -ljansson -o $@

all: $(B)/bin/forkpool-conform
tests: $(B)/bin/forkpool-conform
