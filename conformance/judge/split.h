/* Words of an option that may be given several times, and hold several: `--can a,b --can c`. Must not know what they mean. */
#ifndef FP_JUDGE_SPLIT_H
#define FP_JUDGE_SPLIT_H

#include "../../lib/programs/cli.h"

struct fp_split {
	char *text;         /* that the words are parts of */
	const char **words; /* NULL while n is 0 */
	size_t n;
};

/* Commas and spaces part words; an option that holds none is one empty word. */
void fp_split_make(struct fp_split *s, const struct fp_cli_list *options);
void fp_split_fini(struct fp_split *s);

#endif
