/* Hostile text made plain, a character at a time: what comes out is valid UTF-8 that neither moves a cursor, nor turns the
 * direction of reading, nor is forbidden in XML. Must not know any format: its quoting comes on top. */
#ifndef FP_JUDGE_PLAIN_H
#define FP_JUDGE_PLAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define FP_PLAIN_BYTES_MAX 16 /* of one character, a 0 behind it counted */

/* Made by one of the two functions below; the text has to stay. */
struct fp_plain {
	const unsigned char *at; /* NULL: the end has been told */
	size_t chars_left;
	bool is_text;
	char c[FP_PLAIN_BYTES_MAX];
};

/* One line of at most chars_max characters: line ends and tabs become \n and \t, and what is cut off "…". NULL is empty. */
struct fp_plain fp_plain_line(const char *text, size_t chars_max);
/* Lines that stay lines. */
struct fp_plain fp_plain_text(const char *text);
/* The next character: itself, or \xHH for an octet, or \u{H…} for a character, that may not stand as it is. NULL: the end. */
const char *fp_plain_next(struct fp_plain *p);
void fp_plain_print(struct fp_plain p, FILE *to);
/* All of it. To be freed. */
char *fp_plain_all(struct fp_plain p);

#endif
