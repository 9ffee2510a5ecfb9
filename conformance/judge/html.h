/* The parts of the HTML page, a file each: page.c (its style), html_matrix.c (the clauses), html_case.c (a case that did not
 * pass), html_octets.c (what was sent), html_diagram.c (who sent it to whom). Must not know the other reports. */
#ifndef FP_JUDGE_HTML_H
#define FP_JUDGE_HTML_H

#include "dump.h"
#include "markup.h"
#include "words.h"

#define FP_HTML_STEPS_HEAD 8  /* steps of a long play that are shown: this many at its start, */
#define FP_HTML_STEPS_NEAR 3  /* around what is wrong, */
#define FP_HTML_STEPS_TAIL 24 /* and at its end */

extern const char fp_page_begin[]; /* up to and with the start of the title's text */
extern const char fp_page_body[];  /* from the end of the title's text to the start of the body */
extern const char fp_page_end[];

const char *fp_html_class(enum fp_standing standing); /* of an element */
const char *fp_html_sign(enum fp_standing standing);  /* so that colour is not all that tells */

void fp_html_matrix(const struct fp_run_summary *s, FILE *to);
void fp_html_clause(const struct fp_clause *c, FILE *to); /* its text, all of it */
/* The nth verdict of the run; where it is linked to, it is #case-N. */
void fp_html_case(const struct fp_run_summary *s, size_t n, bool is_open, FILE *to);
bool fp_html_has_case(const struct fp_verdict *v); /* it is shown as a case */

/* Whether a step is among those that are shown. */
bool fp_html_is_shown(const struct fp_verdict *v, size_t step);
void fp_html_diagram(const struct fp_run_summary *s, const struct fp_verdict *v, FILE *to);

/* What is wrong beside what was expected, as far as they are octets. */
void fp_html_octets_wrong(const struct fp_run_summary *s, const struct fp_verdict *v, FILE *to);
void fp_html_octets_all(const struct fp_run_summary *s, const struct fp_verdict *v, FILE *to);

#endif
