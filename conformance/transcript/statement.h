/* The lines below a transcript's head, for the other files of this folder. Must not know the head. */
#ifndef FP_TRANSCRIPT_STATEMENT_H
#define FP_TRANSCRIPT_STATEMENT_H

#include "cursor.h"
#include "transcript.h"

/* One line for a case of this side. On a fault *l holds what was read before, for fini. */
const char *fp_line_read(struct fp_cursor *c, enum fp_side side, struct fp_line *l);
void fp_line_fini(struct fp_line *l);

#endif
