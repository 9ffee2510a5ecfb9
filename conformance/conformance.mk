# The conformance suite: forkpool-conform, its tests, and what is judged. Included by the Makefile.

transcript  = $(patsubst %.c,$(B)/obj/%.o,$(wildcard conformance/transcript/*.c))
judge       = $(patsubst %.c,$(B)/obj/%.o,$(wildcard conformance/judge/*.c))
unit       += $(patsubst tests/%.c,$(B)/tests/%,$(wildcard tests/conformance/test_*.c))
PACKAGES   += python3-jsonschema nodejs perl
# Parts of their own, as they take longest: one after the other they would take more than all the rest.
session_tests = $(addprefix tests/conformance/test_,parent_session.py pool_session.py)
mutant_tests  = $(addprefix tests/conformance/test_,explore.py mutants.py)
checks     += 'conformance/explore: $(pytest) $(mutant_tests)' 'conformance/ours: conformance/ours.sh $(B)' \
              'conformance: $(pytest) tests/conformance $(addprefix --ignore ,tests/conformance/test_testees.py $(session_tests) $(mutant_tests))' \
              'conformance/coverage: $(PYTHON) conformance/coverage.py' 'conformance/sessions: $(pytest) $(session_tests)'
# What the sanitized build does not run is compiled by its compiler, too, for its warnings.
asan_parts += 'conformance/warnings: $(CC) $(ALLFLAGS) -Ilib -fsyntax-only $(wildcard conformance/judge/*.c conformance/testees/*.c)'

$(B)/bin/forkpool-conform: $(judge) $(transcript) $(cli)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -ljansson -o $@

# Reports are made of verdicts alone.
reports     = $(patsubst %.c,$(B)/obj/%.o,$(wildcard conformance/judge/report*.c conformance/judge/html*.c) \
              $(addprefix conformance/judge/,base.c clause.c dump.c markup.c page.c plain.c verdict.c words.c))
$(B)/tests/conformance/test_reports $(B)/tests/conformance/print_report: $(B)/tests/conformance/%: $(B)/obj/tests/conformance/%.o $(reports)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -lcmocka -ljansson -o $@

$(B)/tests/conformance/test_%: $(B)/obj/tests/conformance/test_%.o $(transcript)
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $^ -lcmocka -o $@

$(B)/obj/conformance/testees/%.o: private CPPFLAGS += -Ilib
testees     = $(addprefix $(B)/testees/,parent pool)
# A testee is the files that begin with its name.
$(foreach side,parent pool,$(eval $(B)/testees/$(side): $(patsubst %.c,$(B)/obj/%.o,$(wildcard conformance/testees/$(side)*.c))))
$(testees): $(patsubst %.c,$(B)/obj/%.o,$(wildcard conformance/testees/control*.c)) $(B)/lib/libforkpool.a
	@mkdir -p $(@D)
	@echo '  LD $@'
	@$(CC) $(LDFLAGS) $(filter %.o,$^) -Wl,--whole-archive $(B)/lib/libforkpool.a -Wl,--no-whole-archive $(LIBS) -o $@

conformance: all $(testees) ## run the conformance suite on our own child, parent and pool
	@conformance/ours.sh $(B)

steady: all $(testees) ## judge our own child, parent and pool 50 times on a busy machine: no verdict changes (most of an hour)
	@$(PYTHON) conformance/steady.py $(B) 50 --under '$(valgrind)'

# Cases and clauses lie where the program looks for them: beside it, in share.
suite       = $(DESTDIR)$(PREFIX)/share/forkpool/conformance
install: install-conformance
install-conformance: all
	install -d $(DESTDIR)$(PREFIX)/bin $(suite)/cases/recorded
	install $(B)/bin/forkpool-conform $(DESTDIR)$(PREFIX)/bin
	install -m 644 conformance/*.md $(suite)
	install -m 644 conformance/cases/*.transcript $(suite)/cases
	install -m 644 conformance/cases/recorded/*.transcript $(suite)/cases/recorded

testees: tests ## play the recordings and the whole suite on the testees and on the odd ones (some minutes)
	@$(pytest) tests/conformance/test_testees.py

mutants: all $(testees) ## run the suite on programs with one fault each (some minutes)
	@$(PYTHON) conformance/mutants/build.py --build $(B)
	@$(PYTHON) conformance/mutants/run.py --build $(B)
	@$(PYTHON) conformance/coverage.py --results $(B)/mutants/results.json

explore-mutants: all $(testees) ## explore each child, parent and pool with one fault, and the right ones, by random sessions (an hour or two)
	@$(PYTHON) conformance/mutants/build.py --build $(B)
	@$(PYTHON) conformance/explore/mutants.py --build $(B)

all: $(B)/bin/forkpool-conform
tests: $(B)/tests/conformance/print_report $(testees)

.PHONY: install-conformance conformance steady testees mutants explore-mutants
