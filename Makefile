# forkpool. `make help` lists what there is to make.
#
# Everything that is made goes to build/. The archive of the core is linked by itself first: what it may not know it cannot
# link to.

CC      ?= cc
PREFIX  ?= /usr/local
B       ?= build
LIBDIR   = $(PREFIX)/lib
PYTHON  := $(firstword $(foreach p,/usr/bin/python3 python3,$(shell $(p) -c 'import hypothesis, cffi, pytest' 2>/dev/null && echo $(p))) /usr/bin/python3)

OPT      ?= -O2 -g
WARN      = -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wvla -Werror
CPPFLAGS += -D_GNU_SOURCE -DFP_MODULE_DIR='"$(LIBDIR)/forkpool"' -DFP_LIBEXEC_DIR='"$(PREFIX)/bin"' -DFP_INCLUDE_DIR='"$(PREFIX)/include"'
ALLFLAGS  = -std=c11 $(OPT) $(WARN) -fPIC -fvisibility=hidden -ffp-contract=off $(CPPFLAGS) $(CFLAGS) $(SAN)
LDFLAGS  += $(SAN) -Wl,-z,now # what a template has resolved no worker needs to resolve again
LIBS      = -lev -ljansson -ldl -pthread

VERSION  := $(shell sed -n 's/^\#define FP_VERSION "\(.*\)"/\1/p' lib/forkpool.h)
SOMAJOR  := 1

core      = $(patsubst %.c,$(B)/obj/%.o,$(wildcard lib/core/*.c))
io        = $(patsubst %.c,$(B)/obj/%.o,$(wildcard lib/io/*.c))
cli       = $(B)/obj/lib/programs/cli.o
run       = $(patsubst %.c,$(B)/obj/%.o,$(wildcard lib/programs/run*.c lib/programs/lines.c))
programs  = $(addprefix $(B)/bin/forkpool-,template worker run)
modules   = $(addprefix $(B)/lib/forkpool/,echo.so digest.so testworker.so)
library   = $(B)/lib/libforkpool.a $(B)/lib/libforkpool.so
unit      = $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/core/test_*.c tests/io/test_*.c tests/programs/test_*.c))

all: $(library) $(programs) $(modules) $(B)/bin/synopsis ## build the library, the programs and the example modules

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1@\2/p' Makefile | column -t -s@

# ---- what is built

$(B)/obj/%.o: %.c
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(ALLFLAGS) -MMD -MP -c $< -o $@

# The core as one object: only what it takes from outside stays undefined (checked by `make purity`).
$(B)/lib/libfpcore.a: $(core)
	@mkdir -p $(@D)
	rm -f $@ && ar rcs $@ $^

$(B)/lib/libforkpool.a: $(core) $(io)
	@mkdir -p $(@D)
	rm -f $@ && ar rcs $@ $^

$(B)/lib/libforkpool.so.$(SOMAJOR): $(core) $(io)
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) -Wl,-soname,$(@F) -Wl,-z,defs $^ $(LIBS) -o $@

$(B)/lib/libforkpool.so: $(B)/lib/libforkpool.so.$(SOMAJOR)
	ln -sf $(<F) $@

# The programs carry the library, so that they run from anywhere, and export its functions to the modules they load.
$(B)/bin/forkpool-run: $(run)
$(B)/bin/forkpool-%: $(B)/obj/lib/programs/%.o $(cli) $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -rdynamic $(filter %.o,$(sort $^)) -Wl,--whole-archive $(B)/lib/libforkpool.a -Wl,--no-whole-archive $(LIBS) -o $@

$(B)/bin/synopsis: $(B)/obj/lib/examples/synopsis.o $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $^ $(LIBS) -o $@

bench_objects = $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/bench/*.c))
$(B)/tests/bench/bench: $(bench_objects) $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -rdynamic $(bench_objects) -Wl,--whole-archive $(B)/lib/libforkpool.a -Wl,--no-whole-archive $(LIBS) -o $@

$(B)/lib/forkpool/testworker.so $(B)/tests/modules/W.so: $(B)/obj/lib/examples/testworker_async.o
$(B)/tests/modules/W.so: $(B)/obj/lib/examples/testworker.o
$(B)/lib/forkpool/digest.so: MODULE_LIBS = -lnettle
$(B)/lib/forkpool/%.so: $(B)/obj/lib/examples/%.o
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) $^ $(MODULE_LIBS) -o $@
$(B)/tests/modules/%.so: $(B)/obj/tests/modules/%.o
	@mkdir -p $(@D)
	$(CC) -shared $(LDFLAGS) $^ -o $@
$(B)/obj/lib/examples/%.o $(B)/obj/tests/modules/%.o: CPPFLAGS += -Ilib

# ---- tests

# Each test of a core file is linked with that file and with what lies below it, and with nothing else.
below_list      =
below_buf       = buf
below_frame     = buf frame
below_args      = buf args
below_heap      = heap
below_ids       = ids
below_sched     = heap sched
below_parent    = buf frame args ids parent
below_child     = buf frame args ids child
below_pair      = buf frame args ids parent child
below_engine    = $(notdir $(basename $(core)))
noun            = $(firstword $(subst _, ,$(patsubst test_%,%,$(notdir $(1)))))

.SECONDEXPANSION:
$(B)/tests/core/test_%: $(B)/obj/tests/core/test_%.o $$(addprefix $(B)/obj/lib/core/,$$(addsuffix .o,$$(below_$$(call noun,$$@))))
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $^ -lcmocka -o $@
$(B)/tests/io/test_%: $(B)/obj/tests/io/test_%.o $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $^ -lcmocka $(LIBS) -o $@
$(B)/tests/programs/test_%: $(B)/obj/tests/programs/test_%.o $(cli) $(B)/obj/lib/programs/lines.o $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) $^ -lcmocka $(LIBS) -o $@

unit: $(unit) ## run the unit tests
	@$(PYTHON) tests/check.py $(unit_parts)

unit_parts = $(foreach t,$(unit),'$(patsubst $(B)/tests/%,%,$(t)): $(t)')

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.PHONY: all help
.SECONDARY:
.DELETE_ON_ERROR:
