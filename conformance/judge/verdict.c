/* What became of a case. See verdict.h. */
#include "verdict.h"

#include <stdlib.h>

const char *fp_judgement_name(enum fp_judgement j)
{
	static const char *const names[FP_JUDGEMENTS] = {"pass", "warn", "fail", "skip", "error"};
	return names[j];
}

void fp_verdict_fini(struct fp_verdict *v)
{
	for (size_t i = 0; i < v->n_seen; i++) {
		free(v->seen[i].text);
		free(v->seen[i].data);
	}
	free(v->seen);
	free(v->id);
	free(v->variant);
	free(v->why);
	free(v->repeat);
	free(v->stderr_text);
	*v = (struct fp_verdict){0};
}
