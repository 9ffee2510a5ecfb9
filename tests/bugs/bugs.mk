# The planted bugs; included by the Makefile. `make bugs BUGS='--tools sim --jobs 2'`.
checks += 'bugs: $(pytest) tests/bugs'

bugs: | $(B)/.deps ## let all tools look for each planted bug, and print who saw it (more than an hour)
	@$(PYTHON) tests/bugs/bugs.py --build $(B) $(BUGS)

.PHONY: bugs
