# Rules of the simulator; included by the Makefile.
sim_objects = $(patsubst %.c,$(B)/obj/%.o,$(wildcard sim/*.c))
sim_world   = $(filter-out %/main.o,$(sim_objects))

$(B)/bin/forkpool-sim: $(sim_objects) $(B)/lib/libfpcore.a
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -ljansson -o $@
