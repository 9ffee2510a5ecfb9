/* How far a run is. See progress.h. */
#include "progress.h"

#include "plain.h"

#include <stdio.h>
#include <unistd.h>

#define ID_SHOWN 40 /* columns */

void fp_progress_begin(struct fp_progress *p, size_t n)
{
	*p = (struct fp_progress){.is_shown = isatty(STDERR_FILENO), .n = n};
}

void fp_progress_step(struct fp_progress *p, const char *id, bool has_failed)
{
	p->played++;
	p->failed += has_failed;
	if (!p->is_shown)
		return;
	fprintf(stderr, "\r%zu/%zu played, %zu failed: ", p->played, p->n, p->failed);
	fp_plain_print(fp_plain_line(id, ID_SHOWN), stderr);
	fputs("\033[K", stderr);
	fflush(stderr);
}

void fp_progress_end(struct fp_progress *p)
{
	if (p->is_shown && p->played)
		fputs("\r\033[K", stderr);
}
