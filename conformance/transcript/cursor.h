/* A place in a text of lines and words. Must not know what the words mean.
 *
 * What reads answers NULL, or what it expected instead, for a message that begins "expected"; the cursor is then where
 * that was expected. */
#ifndef FP_TRANSCRIPT_CURSOR_H
#define FP_TRANSCRIPT_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FP_EXPECTED_BYTES_MAX 400 /* of what was expected */

struct fp_cursor {
	const char *text;
	size_t len, at;
	char said[FP_EXPECTED_BYTES_MAX]; /* what was expected, where it is made up from a table */
};

struct fp_word {
	const char *text;
	size_t len;
};

bool fp_word_is(struct fp_word w, const char *text);

/* The next octet as an unsigned char, or -1 at the end of the text. */
int fp_cursor_peek(const struct fp_cursor *c);
/* Goes past white space; a `\` at the end of a line is some. */
void fp_cursor_skip(struct fp_cursor *c);
/* Goes past white space. Is there anything more in this line? */
bool fp_cursor_has_word(struct fp_cursor *c);
/* Goes past what is left of this line, and to the next that has a word. Is there one? */
bool fp_cursor_has_line(struct fp_cursor *c);
/* The next word: all up to white space or the end of the line; len 0 where there is none. */
struct fp_word fp_cursor_word(struct fp_cursor *c);

/* Takes the next word, made of letters, digits and - _ . / : to be freed by the caller. */
const char *fp_cursor_name(struct fp_cursor *c, const char *expected, char **to);
/* Takes what is left of the line as it is, without the white space around it. */
const char *fp_cursor_rest(struct fp_cursor *c, char **to);
/* Takes decimal digits up to `most`; what follows them is not looked at. */
const char *fp_cursor_digits(struct fp_cursor *c, uint64_t least, uint64_t most, const char *expected, uint64_t *to);
/* Takes a word that is one of `names`, which ends with NULL; *to is its index. */
const char *fp_cursor_choice(struct fp_cursor *c, const char *const *names, unsigned *to);
/* Several of them may stand there, as `a|b`; *to is all, to be freed by the caller. */
const char *fp_cursor_choices(struct fp_cursor *c, const char *const *names, char **to);
const char *fp_cursor_finish(struct fp_cursor *c); /* expects the end of the line */

/* Makes c->said empty, adds to it as `a, b, c`, and answers it. */
void fp_cursor_say(struct fp_cursor *c, const char *begin);
const char *fp_cursor_say_also(struct fp_cursor *c, const char *text);

/* Counted from 1, columns in octets. */
void fp_cursor_place(const struct fp_cursor *c, unsigned *line, unsigned *column);

#endif
