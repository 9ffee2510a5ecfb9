/* The control channel of a parent or a pool under test: lines that tell it what the application does, and the lines by which
 * it tells what the application gets (TESTEE.md). Must not know connections, or what is expected. */
#ifndef FP_JUDGE_CONTROL_H
#define FP_JUDGE_CONTROL_H

#include "../transcript/transcript.h"
#include "link.h"
#include "sight.h"

#define FP_CONTROL_WORDS_MAX 4096u          /* different tags and classes that are told */
#define FP_CONTROL_ODD_SHOWN ((size_t)4096) /* octets that are shown of a line that nobody understands */

struct fp_control {
	struct fp_link link;
	enum fp_actor from;      /* who tells: parent or pool */
	bool is_json;
	struct fp_bytes waiting; /* lines to tell */
	struct fp_bytes writing; /* the lines that the link has */
	struct fp_bytes items;   /* of the last sight */
	size_t taken;            /* octets of the last line */
	size_t searched;         /* octets that have come and have no end of a line in them */
	char **words;            /* that sights have; they stay */
	size_t n_words;
	unsigned pings, pongs;
	bool is_asked;           /* a ping of fp_control_settle is out */
	bool is_end_told;        /* `end` has come */
	bool is_over;            /* its end has been seen */
};

/* The link is open, or is opened afterwards. */
void fp_control_init(struct fp_control *c, enum fp_actor from, bool is_json);
void fp_control_fini(struct fp_control *c);
/* A line: a word; a tag, or other words, unless NULL; items. */
void fp_control_tell(struct fp_control *c, const char *word, const char *more, const struct fp_octets *items, size_t n);
void fp_control_pump(struct fp_control *c);
/* What the application got next; a line that is none of the language; that the channel ended. */
bool fp_control_see(struct fp_control *c, struct fp_sight *s);
/* Asks whether all that was told is done and the testee's loop has come to rest. To be called until it is so, with see in
 * between. At the end of the channel it is. */
bool fp_control_settle(struct fp_control *c);

#endif
