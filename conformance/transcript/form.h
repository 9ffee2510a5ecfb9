/* What may stand behind the verb of a line: how each form of it is read and printed. Must not know verbs. */
#ifndef FP_TRANSCRIPT_FORM_H
#define FP_TRANSCRIPT_FORM_H

#include "cursor.h"
#include "transcript.h"

struct fp_form {
	const char *(*read)(struct fp_cursor *c, struct fp_line *l); /* NULL: nothing stands there */
	void (*print)(const struct fp_line *l, FILE *to);
};

extern const struct fp_form
	fp_form_nothing, fp_form_octets, fp_form_items, fp_form_tag, fp_form_call,
	fp_form_error, fp_form_failure, fp_form_signalled, fp_form_status, fp_form_size,
	fp_form_worker, fp_form_leaver, fp_form_id;

const char *fp_worker_number_read(struct fp_cursor *c, struct fp_line *l); /* of any line about a worker */

#endif
