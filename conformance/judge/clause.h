/* The clauses of SPEC.md. Must not know cases. */
#ifndef FP_JUDGE_CLAUSE_H
#define FP_JUDGE_CLAUSE_H

#include "../transcript/transcript.h"

struct fp_clause {
	char *id, *title;
	char *group;  /* the heading above it: `Framing` */
	enum fp_level level;
	char *binds;  /* its second line as written: level, sides, mode, profile */
	char *text;   /* what follows, with its reason */
};

struct fp_spec {
	struct fp_clause *clauses;
	size_t n;
};

bool fp_spec_read(struct fp_spec *s, const char *file, struct fp_fault *fault);
const struct fp_clause *fp_spec_find(const struct fp_spec *s, const char *id); /* NULL: there is none */
void fp_spec_fini(struct fp_spec *s);
const char *fp_level_name(enum fp_level level); /* MUST … */
/* The clause's first sentence, in one line. To be freed. */
char *fp_clause_sentence(const struct fp_clause *c);

#endif
