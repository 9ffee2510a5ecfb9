/* The cases: all transcripts below a folder, or of one file, in the order of their names. Must not know how they are played. */
#ifndef FP_JUDGE_CATALOGUE_H
#define FP_JUDGE_CATALOGUE_H

#include "clause.h"
#include "split.h"

#define FP_CATALOGUE_DEPTH_MAX 8 /* folders below the folder */

struct fp_case {
	const struct fp_transcript *of;
	char *id;              /* FILE/CASE, FILE below the folder and without .transcript */
	enum fp_level level;   /* its own, else that of its first clause, else MUST */
	const struct fp_clause *clause; /* the first; NULL: none */
};

struct fp_catalogue {
	struct fp_transcripts **files; /* cases point into them */
	size_t n_files;
	struct fp_case *cases;
	size_t n;
};

/* What is chosen: all of this has to be so. */
struct fp_choice {
	enum fp_side side;
	struct fp_split clauses, ids; /* globs, of which one has to fit; none: all. A * stands for / as well */
	enum fp_level level; /* FP_LEVEL_OF_CLAUSE: all */
};

/* False, with a fault, where a file cannot be read, is wrong, or names a clause that is not in the spec, which has to stay. */
bool fp_catalogue_read(struct fp_catalogue *c, const char *path, const struct fp_spec *spec, struct fp_fault *fault);
void fp_catalogue_fini(struct fp_catalogue *c);
/* False, with a fault, where a glob fits no case at all, of whatever side and level. */
bool fp_choice_is_met(const struct fp_choice *choice, const struct fp_catalogue *c, struct fp_fault *fault);
void fp_choice_fini(struct fp_choice *choice);
bool fp_case_is_chosen(const struct fp_case *c, const struct fp_choice *choice);
bool fp_case_has_clause(const struct fp_case *c, const char *glob);

#endif
