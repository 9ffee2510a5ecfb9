/* Texts put into HTML and XML. Must not know what a page or a report consists of. */
#ifndef FP_JUDGE_MARKUP_H
#define FP_JUDGE_MARKUP_H

#include "plain.h"

#include <stdio.h>

#define FP_MARKUP_CHARS_MAX ((size_t)1 << 16) /* of a line; a text has no limit */

void fp_markup_plain(FILE *to, struct fp_plain p);
/* As fprintf with %s, %u and %zu only. What comes in by %s is made plain, one line, and quoted: it fits between elements and
 * between quotes. NULL is empty. */
void fp_markup_put(FILE *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* What is between ` and ` or * and * becomes an element. The text must not be one that is cut off. */
void fp_markup_prose(FILE *to, struct fp_plain p);

#endif
