# forkpool. `make help` lists what there is to make.
#
# Everything that is made goes to build/. The archive of the core is linked by itself first: what it may not know it cannot
# link to.

CC      ?= cc
PREFIX  ?= /usr/local
B       ?= build
LIBDIR   = $(PREFIX)/lib
PACKAGES = libev-dev libjansson-dev nettle-dev libcmocka-dev python3-dev python3-cffi python3-hypothesis python3-pytest \
           valgrind clang clang-format cppcheck pkg-config mandoc binutils libanyevent-fork-perl libjson-perl
# Debian's python3, wherever it is: one that can import what its packages brought
PYTHON   = $(firstword $(foreach p,/usr/bin/python3 python3,$(shell $(p) -c 'import hypothesis, cffi, pytest' 2>&1 | grep -q . || echo $(p))) python3)

OPT      ?= -O2 -g
$(B)/obj/tests/%.o: private OPT = -O0 -g # what is under test is optimised, not what tests it
$(B)/obj/tests/bench/%.o: private OPT = -O2 -g
WARN      = -Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Wvla -Werror
CPPFLAGS += -D_GNU_SOURCE
places    = -DFP_MODULE_DIR='"$(LIBDIR)/forkpool"' -DFP_LIBEXEC_DIR='"$(PREFIX)/bin"' -DFP_INCLUDE_DIR='"$(PREFIX)/include"'
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
process   = $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/process/test_*.c))
process_rig = $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/process/rig*.c))
witness   = $(B)/tests/process/witness.so
c_files   = $(wildcard lib/*/*.c)
unit      = $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/core/test_*.c tests/io/test_*.c tests/programs/test_*.c))

all: $(library) $(programs) $(modules) $(B)/bin/synopsis ## build the library, the programs and the example modules

# The simulator, the conformance suite and the fuzz harnesses add to `all`, `tests`, `unit` and `checks`.
parts     = $(wildcard sim/*.mk conformance/*.mk fuzz/*.mk tests/bugs/*.mk)
include $(parts)

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1@\2/p' Makefile $(parts) | while IFS=@ read -r t h; do printf '  make %-10s %s\n' "$$t" "$$h"; done

deps: $(B)/.deps ## install the Debian packages that the build and the tests need

$(B)/.deps: Makefile
	@missing=$$(for p in $(PACKAGES); do dpkg-query -W -f='$${Status}' $$p 2>/dev/null | grep -q 'ok installed' || echo $$p; done); \
	if [ -n "$$missing" ]; then \
		echo "installing Debian packages:" $$missing; \
		{ $(SUDO) apt-get update -q && DEBIAN_FRONTEND=noninteractive $(SUDO) apt-get install -y -q --no-install-recommends $$missing; } \
			|| { echo "make deps: install these packages as root, or give SUDO=sudo:" $$missing; exit 1; } \
	fi
	@mkdir -p $(@D) && touch $@
SUDO = $(if $(filter 0,$(shell id -u)),,sudo -n)

# ---- what is built

# When flags or places change, so does what was built with them.
$(B)/.flags: private said = $(CC) $(ALLFLAGS)
$(B)/.places: private said = $(places)
$(B)/.flags $(B)/.places: force
	@mkdir -p $(@D)
	@printf '%s\n' "$(subst ",\",$(said))" | cmp -s - $@ || printf '%s\n' "$(subst ",\",$(said))" >$@

$(B)/obj/lib/io/module.o $(B)/obj/lib/io/program.o: private CPPFLAGS += $(places)
$(B)/obj/lib/io/module.o $(B)/obj/lib/io/program.o: $(B)/.places

$(B)/obj/%.o: %.c $(B)/.flags | $(B)/.deps
	@mkdir -p $(@D)
	@echo '  CC $<'
	@$(CC) $(ALLFLAGS) -MMD -MP -c $< -o $@

# The core as one object: only what it takes from outside stays undefined (checked by `make purity`).
$(B)/lib/libfpcore.a: $(core)
$(B)/lib/libforkpool.a: $(core) $(io)
$(B)/lib/libfpcore.a $(B)/lib/libforkpool.a:
	@mkdir -p $(@D)
	@rm -f $@ && ar rcs $@ $^

$(B)/lib/libforkpool.so.$(SOMAJOR): $(core) $(io)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) -shared $(LDFLAGS) -Wl,-soname,$(@F) -Wl,-z,defs $^ $(LIBS) -o $@

$(B)/lib/libforkpool.so: $(B)/lib/libforkpool.so.$(SOMAJOR)
	@ln -sf $(<F) $@

# The programs carry the library, so that they run from anywhere, and export its functions to the modules they load.
$(B)/bin/forkpool-run: $(run)
$(B)/bin/forkpool-%: $(B)/obj/lib/programs/%.o $(cli) $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) -rdynamic $(filter %.o,$(sort $^)) -Wl,--whole-archive $(B)/lib/libforkpool.a -Wl,--no-whole-archive $(LIBS) -o $@

$(B)/bin/synopsis: $(B)/obj/lib/examples/synopsis.o $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ $(LIBS) -o $@

bench_objects = $(patsubst %.c,$(B)/obj/%.o,$(wildcard tests/bench/*.c))
$(B)/tests/bench/bench: $(bench_objects) $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) -rdynamic $(bench_objects) -Wl,--whole-archive $(B)/lib/libforkpool.a -Wl,--no-whole-archive $(LIBS) -o $@

$(B)/lib/forkpool/testworker.so $(B)/tests/modules/W.so: $(B)/obj/lib/examples/testworker_async.o
$(B)/tests/modules/W.so: $(B)/obj/lib/examples/testworker.o
$(B)/lib/forkpool/digest.so: MODULE_LIBS = -lnettle
$(B)/lib/forkpool/%.so: $(B)/obj/lib/examples/%.o
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) -shared $(LDFLAGS) $^ $(MODULE_LIBS) -o $@
$(B)/tests/modules/%.so: $(B)/obj/tests/modules/%.o
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) -shared $(LDFLAGS) $^ -o $@
$(B)/obj/lib/examples/%.o $(B)/obj/tests/modules/%.o: private CPPFLAGS += -Ilib

# ---- tests

# Each test of a core file is linked with that file and with what lies below it, and with nothing else.
below_list      =
below_buf       = buf
below_frame     = buf frame
below_args      = buf args
below_heap      = heap
below_slab      = slab
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
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -lcmocka -o $@
$(B)/tests/io/test_%: $(B)/obj/tests/io/test_%.o $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -lcmocka $(LIBS) -o $@
$(B)/tests/programs/test_%: $(B)/obj/tests/programs/test_%.o $(cli) $(B)/obj/lib/programs/lines.o $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -lcmocka $(LIBS) -o $@

unit_parts      = $(foreach t,$(unit),'$(patsubst $(B)/tests/%,%,$(t)): $(t)')
process_parts   = $(foreach t,$(process),'$(patsubst $(B)/tests/%,%,$(t)): $(in_tree) $(t)')
in_tree         = FORKPOOL_BUILD=$(abspath $(B)) FORKPOOL_TEMPLATE=$(abspath $(B)/bin/forkpool-template) FORKPOOL_PATH=$(abspath $(B)/lib/forkpool):$(abspath $(B)/tests/modules):$(abspath $(B)/tests/process)
pytest          = $(in_tree) FORKPOOL_CFFI=$(abspath $(B)/tests/cffi) $(PYTHON) -m pytest -q -p no:cacheprovider

unit: $(unit) ## run the unit tests
	@$(PYTHON) tests/check.py $(unit_parts)

# Real processes: linked with the library as an application is.
$(B)/tests/process/%.so: $(B)/obj/tests/process/%.o
	@mkdir -p $(@D)
	@$(CC) -shared $(LDFLAGS) $^ -o $@
$(B)/tests/process/test_memory: process_wrap = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup,--wrap=free
$(B)/tests/process/test_%: $(B)/obj/tests/process/test_%.o $(process_rig) $(B)/lib/libforkpool.a | $(witness)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $(filter %.o,$^) $(B)/lib/libforkpool.a -lcmocka $(LIBS) $(process_wrap) -o $@

$(B)/tests/cffi/.built: tests/cffi/build_core.py $(wildcard lib/core/*.[ch] lib/io/json.[ch]) | $(B)/.deps
	@mkdir -p $(@D)
	@echo '  PY $(@D)'
	@$(PYTHON) tests/cffi/build_core.py $(@D) >$(B)/tests/cffi/log 2>&1 || { cat $(B)/tests/cffi/log; exit 1; }
	@touch $@

tests: all $(unit) $(process) $(B)/tests/modules/W.so $(B)/tests/cffi/.built $(B)/tests/bench/bench $(B)/lib/libfpcore.a

# What waits most comes before what only computes, so that no processor is idle at the end.
check: tests ## build and run all tests
	@$(PYTHON) tests/check.py 'asan: $(MAKE) -s asan' $(checks) 'memcheck: $(MAKE) -s memcheck' \
		'programs: $(pytest) tests/programs' $(process_parts) \
		'vectors/process: $(pytest) tests/vectors/process' \
		'vectors: $(pytest) tests/vectors --ignore tests/vectors/process' \
		'properties: $(pytest) tests/properties' \
		'readme: $(in_tree) MAKEFLAGS= $(PYTHON) tests/readme.py $(B)' \
		'purity: tests/purity.sh $(B)/lib/libfpcore.a' \
		'manual: mandoc -T lint -W warning lib/man/*.[13]' $(unit_parts)

cuts: tests ## play the recordings cut at every place of all streams up to 20,000 octets (some minutes)
	@FORKPOOL_CUTS=20000 $(pytest) tests/vectors --ignore tests/vectors/process

demo: tests ## digest /usr/include through a pool, play the recordings of the original, judge our own by the suite
	@$(in_tree) DEMO_RECORDINGS="$(pytest) tests/vectors" DEMO_CONFORMANCE='conformance/ours.sh $(B)' tests/demo.sh $(B)

asan: all ## build by clang, with ASan and UBSan, and run the unit and process tests
	@LDFLAGS="-shared-libasan -Wl,-rpath,$$(clang -print-runtime-dir)" $(MAKE) -s CC=clang B=$(B)/asan OPT='-O0 -g' SAN='$(sanitizers)' asan-tests

# The last word is how gcc tells the sources.
sanitizers = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer -D__SANITIZE_ADDRESS__=1

asan-tests: $(programs) $(modules) $(addprefix $(B)/bin/,synopsis forkpool-sim) $(unit) $(process)
	@ASAN_OPTIONS=handle_segv=0:handle_sigbus=0:handle_sigfpe=0:handle_sigill=0:handle_abort=0 $(PYTHON) tests/check.py $(unit_parts) $(process_parts) $(asan_parts)

valgrind = valgrind -q --error-exitcode=9 --leak-check=full --read-inline-info=no --vgdb=no
memcheck: all $(unit) $(process) ## run the unit tests, and pools with their workers, under valgrind
	@$(PYTHON) tests/check.py \
		'synopsis: $(in_tree) $(valgrind) --trace-children=yes $(B)/bin/synopsis echo' \
		'process/test_outcomes: $(in_tree) $(valgrind) $(B)/tests/process/test_outcomes' \
		$(foreach t,$(filter-out %/test_cli,$(unit)),'$(patsubst $(B)/tests/%,%,$(t)): $(valgrind) $(t)')

bench: all $(B)/tests/bench/bench ## measure against a raw baseline (about two minutes)
	@$(in_tree) $(B)/tests/bench/bench --modules $(B)/lib/forkpool

# ---- the rest

install: all ## install to DESTDIR/PREFIX (/usr/local)
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/include $(DESTDIR)$(LIBDIR)/forkpool $(DESTDIR)$(LIBDIR)/pkgconfig \
		$(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/man/man3
	install $(programs) $(DESTDIR)$(PREFIX)/bin
	install -m 644 lib/forkpool.h $(DESTDIR)$(PREFIX)/include
	install -m 644 $(modules) $(DESTDIR)$(LIBDIR)/forkpool
	install -m 644 $(B)/lib/libforkpool.a $(DESTDIR)$(LIBDIR)
	install -m 755 $(B)/lib/libforkpool.so.$(SOMAJOR) $(DESTDIR)$(LIBDIR)
	ln -sf libforkpool.so.$(SOMAJOR) $(DESTDIR)$(LIBDIR)/libforkpool.so
	sed 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@LIBS@|$(LIBS)|' lib/forkpool.pc.in >$(DESTDIR)$(LIBDIR)/pkgconfig/forkpool.pc
	install -m 644 lib/man/*.1 $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 644 lib/man/*.3 $(DESTDIR)$(PREFIX)/share/man/man3

format: ## format the C sources
	clang-format -i $(c_files)

lint: ## check the format and run cppcheck
	clang-format --dry-run -Werror $(c_files)
	cppcheck -q --error-exitcode=1 --enable=warning,portability --inline-suppr --suppress=missingInclude -Ilib $(CPPFLAGS) $(places) lib

clean: ## remove what was built
	rm -rf $(B)

-include $(shell find $(B)/obj -name '*.d' 2>/dev/null)

.PHONY: force all help deps unit tests check cuts demo asan asan-tests memcheck bench install format lint clean
.SECONDARY:
.DELETE_ON_ERROR:
