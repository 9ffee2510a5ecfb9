/* One session after the other, compared as it comes. See play.h. */
#include "play.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define HEAD_BYTES 8u
#define MEMORY_BYTES ((uint64_t)64 << 20) /* FRM-7b: as much as this, */
#define MEMORY_TIMES 8u                   /* and so many times what was sent */
#define SIGNALLED 128                     /* and the signal, as a shell says it too; there are statuses above, as Perl's 255 */

struct round {
	struct fp_player *p;
	const struct fp_session *session;
	struct fp_finding *finding;
	size_t n_come;
};

const char *fp_found_name(enum fp_found what)
{
	static const char *const names[] = {"nothing", "answer", "end", "crash", "status", "hang", "memory"};
	return names[what];
}

bool fp_finding_is(const struct fp_finding *a, const struct fp_finding *b)
{
	return a->what == b->what && a->status == b->status;
}

static bool find(struct round *r, enum fp_found what, int status, const char *format, ...) __attribute__((format(printf, 4, 5)));
static bool find(struct round *r, enum fp_found what, int status, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	r->finding->what = what;
	r->finding->status = status;
	vsnprintf(r->finding->text, sizeof r->finding->text, format, args);
	va_end(args);
	return false;
}

/* ---- frames ---- */

/* The reply that a frame with this id has to be. NULL: none is due. */
static struct fp_reply_due *reply_due(struct round *r, uint32_t id)
{
	struct fp_due *due = &r->p->due;
	if (!r->p->dialect.is_async)
		return r->n_come < due->n ? &due->replies[r->n_come] : NULL;
	for (size_t i = 0; i < due->n; i++)
		if (due->replies[i].id == id && !due->replies[i].has_come)
			return &due->replies[i];
	return NULL;
}

static bool is_list(const struct fp_dialect *d, const uint8_t *payload, size_t len)
{
	struct fp_bytes unused = {0};
	enum fp_list_verdict v = fp_list_echo(d->is_json, payload, len, &unused);
	fp_bytes_fini(&unused);
	return v != FP_LIST_MALFORMED && v != FP_LIST_DOUBTFUL;
}

static bool judge_reply(struct round *r, const struct fp_second_frame *f, const uint8_t *payload, size_t len)
{
	struct fp_reply_due *due = reply_due(r, f->id);
	if (!due)
		return r->p->due.is_lax || find(r, FP_FOUND_ANSWER, 0, "a reply with id %u, to which no request belongs", f->id);
	const uint8_t *right = fp_due_payload(&r->p->due, due);
	size_t at = 0, both = len < due->len ? len : due->len;
	while (at < both && payload[at] == right[at])
		at++;
	if (f->len != due->len || at < both)
		return find(r, FP_FOUND_ANSWER, 0, "request %zu is to be answered by %zu octets; what came has %u, and differs at octet %zu",
		            (size_t)(due - r->p->due.replies) + 1, due->len, f->len, at);
	if (len < f->len)
		return true; /* as far as it has come */
	due->has_come = true;
	r->n_come++;
	return true;
}

static bool judge_event(struct round *r, const uint8_t *payload, size_t len)
{
	return is_list(&r->p->dialect, payload, len) || find(r, FP_FOUND_ANSWER, 0, "an event whose payload is no list");
}

/* Judges and takes all that has come; a reply of which a part has come as far as it goes. */
static bool take_frames(struct round *r)
{
	struct fp_second_form heads = fp_dialect_replies(&r->p->dialect);
	struct fp_bytes *got = &r->p->peer.got;
	struct fp_second_frame f;
	heads.payload_max = 0; /* only heads: a payload is judged before all of it is there */
	while (got->len >= HEAD_BYTES) {
		const uint8_t *in = fp_bytes_front(got);
		fp_second_frame(heads, in, got->len, 0, &f);
		bool is_whole = got->len - HEAD_BYTES >= f.len;
		size_t len = is_whole ? f.len : got->len - HEAD_BYTES;
		if (f.id && !judge_reply(r, &f, in + HEAD_BYTES, len))
			return false;
		if (!is_whole)
			return f.len <= FP_PAYLOAD_BYTES_MAX || find(r, FP_FOUND_ANSWER, 0, "a frame of %u octets is announced", f.len);
		if (!f.id && !judge_event(r, in + HEAD_BYTES, len))
			return false;
		fp_bytes_take(got, HEAD_BYTES + f.len);
	}
	return true;
}

/* ---- memory ---- */

static bool judge_memory(struct round *r)
{
	uint64_t idle = r->p->idle_bytes, peak = fp_process_peak_bytes(&r->p->peer.process);
	uint64_t allowed = MEMORY_BYTES + MEMORY_TIMES * r->session->len;
	if (!idle || peak <= idle + allowed)
		return true;
	r->finding->allowed_bytes = allowed;
	return find(r, FP_FOUND_MEMORY, 0, "it took %llu MiB more than when it began, for %zu octets that were sent",
	            (unsigned long long)(peak - idle) >> 20, r->session->len);
}

/* ---- the end of a child ---- */

static bool judge_status(struct round *r, int status)
{
	const struct fp_due *due = &r->p->due;
	bool is_wrong = due->status == FP_STATUS_ZERO ? status != 0 : due->status == FP_STATUS_NONZERO && status == 0;
	return !is_wrong || find(r, FP_FOUND_STATUS, status, "it ended with status %d, where %s is due (%s)", status,
	                         due->status == FP_STATUS_ZERO ? "0" : "another than 0", due->clause);
}

/* The signal of a crash; 0: none. Other signals are not taken for one: a status may look like them. */
static int crash_of(int status)
{
	static const int crashes[] = {SIGILL, SIGTRAP, SIGABRT, SIGBUS, SIGFPE, SIGKILL, SIGSEGV, SIGPIPE, SIGXCPU, SIGSYS};
	for (size_t i = 0; i < sizeof crashes / sizeof *crashes; i++)
		if (status == SIGNALLED + crashes[i])
			return crashes[i];
	return 0;
}

static bool judge_end(struct round *r)
{
	struct fp_player *p = r->p;
	const struct fp_due *due = &p->due;
	if (!fp_peer_await_exit(&p->peer, &p->command))
		return !fp_peer_is_stopped && find(r, FP_FOUND_HANG, 0, "it ended its connection and does not exit");
	int status = p->peer.process.status, crash = crash_of(status);
	if (crash)
		return find(r, FP_FOUND_CRASH, status, "signal %d (%s) ended it", crash, strsignal(crash));
	if (!due->is_over)
		return find(r, FP_FOUND_END, status, "it ended with status %d, though nothing was wrong; %zu of %zu requests were answered",
		            status, r->n_come, due->n);
	if (!due->is_lax && r->n_come < due->n)
		return find(r, FP_FOUND_END, status, "it ended with status %d when %zu of %zu requests were answered", status, r->n_come, due->n);
	if (p->peer.got.len)
		return find(r, FP_FOUND_ANSWER, 0, "it ended within a frame");
	return judge_status(r, status) && judge_memory(r);
}

/* ---- a session ---- */

static bool is_done(const struct round *r)
{
	return !r->p->due.is_over && r->n_come == r->p->due.n;
}

/* Did anything come of it? False: something was found, or it was stopped. */
static bool judge_news(struct round *r, enum fp_peer_news news)
{
	const struct fp_due *due = &r->p->due;
	if (news == FP_PEER_ASLEEP || news == FP_PEER_LATE)
		return find(r, FP_FOUND_HANG, 0, "it %s; %zu of %zu requests were answered%s",
		            news == FP_PEER_ASLEEP ? "sleeps, and only the parent could wake it" : "runs on without a sign", r->n_come, due->n,
		            due->is_over && r->n_come == due->n ? ", and it has to end" : "");
	return news != FP_PEER_STOPPED && take_frames(r);
}

/* Each piece is written once the one before was read. */
static bool send_pieces(struct round *r)
{
	struct fp_peer *peer = &r->p->peer;
	const struct fp_session *s = r->session;
	size_t from = 0;
	for (unsigned i = 0; i < s->n_cuts; i++) {
		fp_peer_send(peer, s->data + from, s->cuts[i] - from);
		if (!judge_news(r, fp_peer_drain(peer, &r->p->command, false)))
			return false;
		from = s->cuts[i];
	}
	fp_peer_send(peer, s->data + from, s->len - from);
	return true;
}

static bool send_end(struct round *r)
{
	struct fp_peer *peer = &r->p->peer;
	if (r->p->due.is_announced) {
		if (!judge_news(r, fp_peer_drain(peer, &r->p->command, true)) || !judge_memory(r))
			return false;
	}
	while (peer->to_send_len && !peer->is_ended)
		if (!judge_news(r, fp_peer_wait(peer, &r->p->command)))
			return false;
	fp_peer_half_close(peer);
	return true;
}

bool fp_player_play(struct fp_player *p, const struct fp_session *s, struct fp_finding *f)
{
	struct round r = {.p = p, .session = s, .finding = f};
	f->what = FP_FOUND_NOTHING;
	if (!send_pieces(&r) || (s->ends && !send_end(&r)))
		return false;
	while (!is_done(&r)) {
		enum fp_peer_news news = fp_peer_wait(&p->peer, &p->command);
		if (!judge_news(&r, news))
			return false;
		if (news == FP_PEER_ENDED)
			return judge_end(&r);
	}
	return true;
}

int fp_player_start(struct fp_player *p)
{
	return fp_peer_start(&p->peer, &p->command, &p->dialect);
}

void fp_player_live(struct fp_player *p, const struct fp_life *l, struct fp_finding *f)
{
	f->what = FP_FOUND_NOTHING;
	if (fp_player_start(p))
		return;
	for (size_t i = 0; i < l->n; i++) {
		fp_due_make(&p->due, &p->dialect, &l->sessions[i]);
		if (!p->due.is_judged || (p->due.is_over && i + 1 < l->n) || !fp_player_play(p, &l->sessions[i], f))
			break;
	}
	fp_peer_end(&p->peer);
}
