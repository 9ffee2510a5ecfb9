/* lines: a list of octet strings as one line of text, and back.
 *
 * The form, both ways:
 *
 *   - Fields are separated by single tabs; each is one item. Two tabs in a row have an empty item between them.
 *   - The empty line is the empty list. A list of one empty item is the line \e.
 *   - In a field, \t \n \r \\ and \0 are tab, newline, carriage return, backslash and NUL, \xHH is the octet with
 *     that number (two hexadecimal digits), and \e alone in its field is the empty item. Any other octet stands for itself.
 *   - Written are the short escapes, \xHH for the other octets below 32 and for 127, and \e only where it is needed.
 *
 * So each list has exactly one line that is written for it, and that line is read as the same list. */
#ifndef FORKPOOL_LINES_H
#define FORKPOOL_LINES_H

#include "../forkpool.h"

/* A decoded line, reused from line to line. The items point into the text that was decoded. Starts as all zero. */
struct fp_line {
	struct fp_item *items;
	size_t n, cap; /* items; cap: room for */
};

struct fp_line_error {
	size_t column;    /* of the backslash, in octets, from 1 */
	const char *text; /* static, one line */
};

/* Decodes a line without its newline, in place: the text is overwritten and must live as long as the items are used.
 * FP_MALFORMED: *error says why. FP_NOMEM. After an error the line has no items. */
enum fp_reason fp_line_decode(struct fp_line *line, char *text, size_t len, struct fp_line_error *error);
void fp_line_fini(struct fp_line *line);

/* Octets that fp_line_encode writes; there is no newline among them and none is added. */
size_t fp_line_size(const struct fp_item *items, size_t n);
char *fp_line_encode(char *to, const struct fp_item *items, size_t n); /* the end of what was written */

#endif
