/* The head of a transcript, for the other files of this folder. Must not know the lines below it. */
#ifndef FP_TRANSCRIPT_HEAD_H
#define FP_TRANSCRIPT_HEAD_H

#include "cursor.h"
#include "transcript.h"

#define FP_HEAD_CASE 0 /* the line that begins a transcript */

/* Which line of a head this word begins; -1: none. */
int fp_head_find(struct fp_word w);
/* What is behind that word. On a fault *t holds what was read before, for fini. */
const char *fp_head_read(struct fp_cursor *c, int head, struct fp_transcript *t);
void fp_head_print(const struct fp_transcript *t, FILE *to);
void fp_head_fini(struct fp_transcript *t);

#endif
