/* A life as a transcript. See write.h. */
#include "write.h"

#include "../../conformance/transcript/octets.h"

/* ---- octets ---- */

static void put_octets(FILE *to, const uint8_t *data, size_t len)
{
	struct fp_octets o;
	if (!len)
		return;
	fp_octets_of(&o, data, len);
	fputs(" ", to);
	fp_octets_print(&o, to);
	fp_octets_fini(&o);
}

/* The octets from..to-1 of a session, with its cuts. */
static void put_cut(FILE *to, const struct fp_session *s, size_t from, size_t end)
{
	for (unsigned i = 0; i < s->n_cuts; i++) {
		size_t cut = s->cuts[i];
		if (cut < from || cut >= end)
			continue;
		put_octets(to, s->data + from, cut - from);
		if (cut)
			fputs(" /", to);
		from = cut;
	}
	put_octets(to, s->data + from, end - from);
}

static bool is_cut_within(const struct fp_session *s, size_t from, size_t end)
{
	for (unsigned i = 0; i < s->n_cuts; i++)
		if (s->cuts[i] > from && s->cuts[i] < end)
			return true;
	return false;
}

/* The head in numbers, unless it is cut. */
static void put_frame(FILE *to, const struct fp_session *s, const struct fp_dialect *d, size_t at, const struct fp_second_frame *f)
{
	if (is_cut_within(s, at, f->payload_at)) {
		put_cut(to, s, at, f->end);
		return;
	}
	for (unsigned i = 0; i < s->n_cuts; i++)
		if (s->cuts[i] == at)
			fputs(" /", to);
	if (d->is_async)
		fprintf(to, " u32:%u", f->id);
	fprintf(to, " u32:%u", f->len);
	put_cut(to, s, f->payload_at, f->end);
}

static void put_sends(FILE *to, const struct fp_session *s, const struct fp_dialect *d)
{
	struct fp_second_frame f;
	size_t at = 0;
	if (!s->len)
		return;
	fputs("    parent sends", to);
	for (; at < s->len && !fp_second_frame(fp_dialect_requests(d), s->data, s->len, at, &f); at = f.end)
		put_frame(to, s, d, at, &f);
	put_cut(to, s, at, s->len);
	fputs("\n", to);
}

/* ---- lines ---- */

/* What a lax end leaves open is not expected: such a life shows a crash or a hang. */
static void put_replies(FILE *to, const struct fp_due *due, const struct fp_dialect *d)
{
	for (size_t i = 0; i < due->n; i++) {
		const struct fp_reply_due *r = &due->replies[i];
		fprintf(to, "    child %s", !d->is_async ? "sends" : due->is_lax ? "may send" : "sends unordered");
		if (d->is_async)
			fprintf(to, " u32:%u", r->id);
		else
			fputs(" u32:+", to);
		fprintf(to, " u32:%zu", r->len);
		put_octets(to, fp_due_payload(due, r), r->len);
		fputs("\n", to);
	}
}

/* A child that a signal ended counts as one with a status other than 0: where that is due, a status of its own is asked for. */
static const char *exit_due(const struct fp_due *due, const struct fp_finding *f)
{
	if (f->what == FP_FOUND_CRASH && due->status != FP_STATUS_ZERO)
		return "1";
	return due->status == FP_STATUS_ZERO ? "0" : due->status == FP_STATUS_NONZERO ? "nonzero" : "any";
}

static void put_session(FILE *to, const struct fp_session *s, const struct fp_due *due, const struct fp_dialect *d,
                        const struct fp_finding *f)
{
	put_sends(to, s, d);
	if (s->ends)
		fputs("    parent ends\n", to);
	put_replies(to, due, d);
	if (due->is_over)
		fprintf(to, "    child ends\n    child exits %s\n", exit_due(due, f));
	if (f->what == FP_FOUND_MEMORY && due->is_over) /* the peak of one that has exited is what it was, whenever it came to it */
		fprintf(to, "    child stays within %lluM\n", (unsigned long long)f->allowed_bytes >> 20);
}

void fp_life_write(const struct fp_life *l, const struct fp_dialect *d, const struct fp_finding *f, const char *name, FILE *to)
{
	struct fp_due due = {0};
	fprintf(to, "case        %s\ntitle       %s\nside        child\nmode        %s\nprofile     %s\nserialiser  %s\n\n", name, f->text,
	        d->is_async ? "async" : "sync", d->is_native ? "native" : "network", d->is_json ? "json" : "string");
	for (size_t i = 0; i < l->n; i++) {
		fp_due_make(&due, d, &l->sessions[i]);
		put_session(to, &l->sessions[i], &due, d, f);
	}
	if (!due.is_over)
		fputs("    nothing more\n", to);
	fp_due_fini(&due);
}
