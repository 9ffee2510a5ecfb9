# Rules of the simulator; included by the Makefile.
sim_objects = $(patsubst %.c,$(B)/obj/%.o,$(wildcard sim/*.c))
sim_transcript = $(patsubst %.c,$(B)/obj/%.o,$(wildcard conformance/transcript/*.c))
sim_commands = main command_run swarm smaller explore sweep theory
sim_world   = $(filter-out $(sim_commands:%=$(B)/obj/sim/%.o),$(sim_objects))

$(B)/bin/forkpool-sim: $(sim_objects) $(sim_transcript) $(cli) $(B)/lib/libfpcore.a
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -ljansson -lm -o $@

sim_bench   = $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/bench/sim/*.c))
$(B)/tests/bench/sim/bench: $(sim_bench) $(sim_world) $(sim_transcript) $(B)/lib/libfpcore.a
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -ljansson -lm -o $@

swarm: $(B)/bin/forkpool-sim ## simulate 20,000 random scenarios with random faults
	@$< swarm --seeds 20000 --jobs 2

explore: $(B)/bin/forkpool-sim ## simulate every single fault at every place of a short session
	@$< explore sim/scenarios/session.json

same: $(B)/.deps ## build the simulator nine ways, and see that 2,000 seeds give equal traces in all (some minutes)
	@$(PYTHON) tests/sim/same.py

variants: $(B)/bin/forkpool-sim ## see that variants of the scheduler pass 20,000 simulations each (some minutes)
	@FORKPOOL_BUILD=$(abspath $(B)) $(PYTHON) tests/sim/variants.py

sim-bench: $(B)/tests/bench/sim/bench ## measure the simulator against a bare event loop (half a minute)
	@$<

theory: $(B)/bin/forkpool-sim ## simulate queues that have closed forms, and compare (a minute on two cores)
	@$< theory --jobs 2

all: $(B)/bin/forkpool-sim
PACKAGES += gnuplot-nox
checks += 'sim: $(pytest) tests/sim'
asan_parts += 'sim/same: $(PYTHON) tests/sim/same.py --seeds 60 $(B:%/asan=%)/bin/forkpool-sim $(B)/bin/forkpool-sim'

install: install-sim
install-sim: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/forkpool/sim
	install $(B)/bin/forkpool-sim $(DESTDIR)$(PREFIX)/bin
	install -m 644 sim/scenarios/*.json sim/scenario.schema.json $(DESTDIR)$(PREFIX)/share/forkpool/sim

.PHONY: install-sim swarm explore theory same variants sim-bench
