/* The control channel of a program under test (../TESTEE.md): lines of words, an item in hex. Must not know the protocol. */
#ifndef TESTEES_CONTROL_H
#define TESTEES_CONTROL_H

#include "forkpool.h"

#define CONTROL_WORDS_MAX 65536u /* of one line */
#define CONTROL_PINGS_MAX 64u    /* unanswered */

struct control {
	int reading, writing;
	bool is_open;
	char *text; /* read and not yet taken */
	size_t len, cap;
	size_t taken; /* octets of the line given out last */
	char *words[CONTROL_WORDS_MAX];
	struct fp_item items[CONTROL_WORDS_MAX];
	char *pings[CONTROL_PINGS_MAX];
	size_t n_pings;
};

void control_init(struct control *c, int reading, int writing);
/* Reads what is there. At end of file is_open becomes false. */
void control_read(struct control *c);
/* The words of the next line, in c->words, good until the next call; 0: no line is complete. */
size_t control_next(struct control *c);
/* The words from `first` on as items, decoded in place, in c->items. The number of them. */
size_t control_items(struct control *c, size_t first, size_t n_words);
/* Decodes hex in place; `-` is nothing. The number of octets. */
size_t control_unhex(char *word);

/* Writes a line: the words (NULL: left out), then the items in hex. */
void control_tell(const struct control *c, const char *word, const char *word2, const char *word3, const struct fp_item *items, size_t n);

/* Keeps the number of a ping; answers all that were kept, which is to be done when nothing moves. */
void control_keep_ping(struct control *c, const char *number);
void control_answer_pings(struct control *c);

#endif
