/* A pool under test: on its control channel the judge is the application, and its workers are the judge's too. See session.h.
 * Must not know what is expected of it, but for the numbers of workers (number_of_job). */
#include "connect.h"
#include "control.h"
#include "crew.h"
#include "items.h"
#include "session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYNC_ID 1u           /* of a synchronous worker's replies: any but 0 */
#define NO_CALL SIZE_MAX
_Static_assert(FP_LINK_FDS + FP_CREW_FDS <= FP_SESSION_FDS_MAX, "descriptors of a session");

struct call {
	const char *tag;
	struct fp_bytes payload;
	unsigned given;   /* how often a worker got it */
	bool is_answered;
};

struct pool_session {
	struct fp_stage *stage;
	struct fp_control control;
	struct fp_crew crew;
	size_t n_told;              /* workers whose start was told */
	struct call *calls;
	size_t n_calls;
	enum fp_actor last;         /* who did something last; NONE: and all of it has had its effect */
	unsigned last_worker;
	bool is_looking;            /* for what is on its way */
	uint64_t stillness;         /* of all processes at the last look; 0: of none */
};

/* ---- open, close ---- */

static char *open_text(const struct fp_stage *stage, const char *command)
{
	const struct fp_testee *t = stage->testee;
	const struct fp_transcript *c = stage->script->of;
	struct fp_bytes text = {0};
	fp_bytes_put(&text, "command=", 8);
	for (const char *at = command; *at; at++) {
		char digits[3];
		snprintf(digits, sizeof digits, "%02x", (unsigned char)*at);
		fp_bytes_put(&text, digits, 2);
	}
	char *options = fp_text(" mode=%s profile=%s", t->is_async ? "async" : "sync", t->is_native ? "native" : "network");
	fp_bytes_put(&text, options, strlen(options));
	free(options);
	for (size_t i = 0; i < c->n_options; i++) {
		if (!strcmp(c->options[i].name, "command"))
			continue;
		fp_bytes_put(&text, " ", 1);
		fp_bytes_put(&text, c->options[i].name, strlen(c->options[i].name));
		fp_bytes_put(&text, "=", 1);
		fp_bytes_put(&text, c->options[i].value, strlen(c->options[i].value));
	}
	fp_bytes_put(&text, "", 1);
	return (char *)text.data;
}

static void pool_open(struct pool_session *p, const char *name)
{
	const char *other = fp_testee_option(p->stage->script->of, "command"); /* in place of the suite's workers */
	char *command = fp_puppet_command(name), *text = open_text(p->stage, other ? other : command);
	fp_control_tell(&p->control, "open", text, NULL, 0);
	free(command);
	free(text);
}

static void *session_open(struct fp_stage *stage)
{
	struct pool_session *p = fp_get(1, sizeof *p);
	char name[FP_PUPPET_NAME_BYTES];
	p->stage = stage;
	fp_control_init(&p->control, FP_ACTOR_POOL, false);
	int r = fp_crew_init(&p->crew, fp_testee_framing(stage->testee, true), name);
	r = r ? r : fp_connect(NULL, &p->control.link, &stage->process, stage->testee, stage->script->of);
	if (!r) {
		pool_open(p, name);
		return p;
	}
	snprintf(stage->why, sizeof stage->why, "the testee's process cannot be made: %s", strerror(-r));
	fp_crew_fini(&p->crew);
	free(p);
	return NULL;
}

static void session_close(void *session)
{
	struct pool_session *p = session;
	for (size_t i = 0; i < p->n_calls; i++)
		fp_bytes_fini(&p->calls[i].payload);
	free(p->calls);
	fp_crew_fini(&p->crew);
	fp_control_fini(&p->control);
	free(p);
}

/* ---- the numbers of workers ---- */

/* Workers that start together come in any order, and which of them gets which job is the pool's own affair. So a worker's
 * first job names it: it is the one to which the case gives that job. */
static unsigned number_of_job(const struct pool_session *p, const char *tag)
{
	const struct fp_script *script = p->stage->script;
	for (size_t i = 0; i < script->n; i++) {
		const struct fp_line *line = script->steps[i].line;
		if (line->verb == FP_GETS_CALL && !strcmp(line->word, tag) && !fp_crew_numbered(&p->crew, line->worker))
			return line->worker;
	}
	return fp_crew_number_free(&p->crew);
}

/* ---- calls ---- */

/* Calls with the same items are told apart by their order; one comes again only where its worker is gone. */
static size_t call_of(const struct pool_session *p, const struct fp_request *r)
{
	size_t found = NO_CALL;
	for (size_t i = 0; i < p->n_calls; i++) {
		const struct call *c = &p->calls[i];
		if (c->payload.len != r->len || (r->len && memcmp(c->payload.data, r->payload, r->len) != 0))
			continue;
		if (!c->given)
			return i;
		if (found == NO_CALL || (!c->is_answered && !fp_crew_has_call(&p->crew, i)))
			found = i;
	}
	return found;
}

static size_t call_tagged(const struct pool_session *p, const char *tag)
{
	size_t i = 0;
	while (i < p->n_calls && strcmp(p->calls[i].tag, tag) != 0)
		i++;
	return i;
}

/* ---- acts ---- */

static void note(struct pool_session *p, const struct fp_step *step)
{
	const struct fp_line *line = step->line;
	fp_seen_done(&p->stage->seen, line->actor, FP_ACTOR_POOL, fp_step_text(step, p->stage->testee), NULL, 0)->worker = line->worker;
}

static void make_call(struct pool_session *p, const struct fp_line *line)
{
	p->calls = fp_grow(p->calls, p->n_calls + 1, sizeof *p->calls);
	struct call *c = &p->calls[p->n_calls++];
	*c = (struct call){.tag = line->word};
	fp_items_payload(&c->payload, line->items, line->n_items);
	fp_control_tell(&p->control, "call", line->word, line->items, line->n_items);
}

static void act_as_app(struct pool_session *p, const struct fp_line *line)
{
	if (line->verb == FP_CALLS)
		make_call(p, line);
	else if (line->verb == FP_CANCELS)
		fp_control_tell(&p->control, "cancel", line->word, NULL, 0);
	else
		fp_control_tell(&p->control, "drop", NULL, NULL, 0);
}

static enum fp_acted answer(struct pool_session *p, struct fp_worker *w, const struct fp_line *line)
{
	struct fp_job job;
	struct fp_bytes payload = {0};
	size_t call = call_tagged(p, line->word);
	if (!fp_worker_job_take(w, call, &job))
		return FP_ACTED_NOT_YET;
	p->calls[call].is_answered = true;
	fp_items_payload(&payload, line->items, line->n_items);
	fp_worker_send_frame(w, w->requests.has_id ? job.id : SYNC_ID, &payload);
	fp_bytes_fini(&payload);
	return FP_ACTED;
}

/* The event of clause EVT-4. */
static void retire(struct fp_worker *w)
{
	static const char first[] = ":t6Z@HK1N%Dx@_7?=~-7NQgWDdAs6a,jFN=wLO0*jD*1%P";
	static const char third[] = "<~53rexz.U`!]X[A235^\"fyEoiTF\\T~oH1l/N6+Djep9b~bI9`\\1x%B~vWO1q*";
	struct fp_bytes payload = {0};
	fp_item_put(&payload, first, sizeof first - 1);
	fp_item_put(&payload, "quit", 4);
	fp_item_put(&payload, third, sizeof third - 1);
	fp_worker_send_frame(w, 0, &payload);
	fp_bytes_fini(&payload);
}

static void send_pieces(struct fp_worker *w, const struct fp_layout *l)
{
	size_t from = 0;
	for (size_t i = 0; i <= l->n_cuts; i++) {
		size_t to = i < l->n_cuts ? l->cuts[i] : l->len;
		fp_worker_send(w, l->data + from, to - from);
		from = to;
	}
	w->is_spoilt |= l->len < 4 || fp_u32_get(l->data, true) != 0; /* more than an event */
}

/* What it wrote before reaches the pool first; the process is over when this is done. */
static enum fp_acted leave(struct fp_worker *w, void (*how)(struct fp_worker *))
{
	if (!w->is_over && !w->is_leaving && fp_link_is_drained(&w->link))
		how(w);
	return w->is_over ? FP_ACTED : FP_ACTED_NOT_YET;
}

static enum fp_acted cut(struct fp_worker *w, enum fp_link_do how)
{
	fp_link_put(&w->link, how, NULL, 0);
	w->is_spoilt = true;
	w->is_cut |= how == FP_LINK_CLOSE;
	return FP_ACTED;
}

static enum fp_acted act_as_worker(struct pool_session *p, struct fp_worker *w, const struct fp_step *step)
{
	switch (step->line->verb) {
	case FP_ANSWERS:
		return answer(p, w, step->line);
	case FP_SENDS:
		send_pieces(w, &step->octets);
		return FP_ACTED;
	case FP_STOPS_READING:
		w->link.is_paused = true;
		return FP_ACTED;
	case FP_RETIRES:
		retire(w);
		return FP_ACTED;
	case FP_HOLDS:
		w->is_holding = true;
		return FP_ACTED;
	case FP_ENDS:
		return cut(w, FP_LINK_END);
	case FP_CLOSES:
		return cut(w, FP_LINK_CLOSE);
	case FP_DIES:
		return leave(w, fp_worker_kill);
	default:
		return leave(w, fp_worker_exit);
	}
}

/* ---- that nothing is on its way ---- */

/* Whether all that was done, by whomever, has had its effect. */
static bool is_settled(struct pool_session *p)
{
	if (!p->control.is_asked && !fp_crew_is_settled(&p->crew))
		return false;
	if (!fp_control_settle(&p->control))
		return false;
	p->last = FP_ACTOR_NONE;
	return true;
}

/* A worker that was started, and has not come yet, is awake, or another process is that has to do with it. Where none was
 * between two looks, what came has been seen. */
static enum fp_acted fence(struct pool_session *p)
{
	p->is_looking = p->is_looking || is_settled(p);
	if (!p->is_looking)
		return FP_ACTED_NOT_YET;
	uint64_t before = p->stillness;
	p->stillness = fp_process_stillness();
	if (!p->stillness || p->stillness != before)
		return FP_ACTED_NOT_YET;
	p->is_looking = false;
	p->stillness = 0;
	return FP_ACTED;
}

static enum fp_acted session_act(void *session, const struct fp_step *step)
{
	struct pool_session *p = session;
	const struct fp_line *line = step->line;
	if (line->verb == FP_NOTHING_MORE)
		return fence(p);
	bool is_another = p->last != line->actor || p->last_worker != line->worker;
	if (p->last != FP_ACTOR_NONE && is_another && !is_settled(p))
		return FP_ACTED_NOT_YET;
	struct fp_worker *w = line->worker ? fp_crew_get(&p->crew, line->worker) : NULL;
	if (line->worker && !w)
		return FP_ACTED_NOT_YET;
	enum fp_acted acted = FP_ACTED;
	if (w)
		acted = act_as_worker(p, w, step);
	else
		act_as_app(p, line);
	if (acted == FP_ACTED) {
		note(p, step);
		p->last = line->actor;
		p->last_worker = line->worker;
	}
	return acted;
}

/* ---- sights ---- */

static void session_pump(void *session)
{
	struct pool_session *p = session;
	fp_control_pump(&p->control);
	fp_crew_pump(&p->crew);
}

static struct fp_sight sight_of(const struct fp_worker *w, enum fp_verb verb)
{
	return (struct fp_sight){.channel = FP_CHANNEL_WORKERS + w->number, .from = FP_ACTOR_POOL, .to = FP_ACTOR_WORKER, .verb = verb,
	                         .worker = w->number, .at_ns = fp_now_ns()};
}

static bool see_start(struct pool_session *p, struct fp_sight *s)
{
	if (p->n_told == p->crew.n)
		return false;
	struct fp_worker started = {.number = (unsigned)++p->n_told};
	*s = sight_of(&started, FP_STARTS);
	s->has_to_fit = true;
	return true;
}

/* A request that is none of the calls is told as the octets it is. */
static void see_request(struct pool_session *p, struct fp_worker *w, const struct fp_request *r, struct fp_sight *s)
{
	size_t call = call_of(p, r), header = fp_frame_header(w->requests);
	*s = sight_of(w, call == NO_CALL ? FP_SENDS : FP_GETS_CALL);
	s->has_to_fit = true;
	w->taken = header + r->len;
	if (call == NO_CALL) {
		s->data = r->payload - header;
		s->len = w->taken;
		return;
	}
	s->word = p->calls[call].tag;
	p->calls[call].given++;
	fp_worker_job_add(w, call, r->id);
}

static bool see_rest(struct fp_worker *w, struct fp_sight *s)
{
	if (!w->is_ended || !w->link.got.len || w->is_spoilt)
		return false;
	*s = sight_of(w, FP_SENDS);
	s->has_to_fit = true;
	s->data = fp_bytes_front(&w->link.got);
	s->len = w->taken = w->link.got.len;
	return true;
}

static bool see_end(struct fp_worker *w, struct fp_sight *s)
{
	bool is_killed = w->is_over && !w->is_leaving;
	if (w->is_ended && !w->is_end_told) {
		w->is_end_told = true;
		*s = sight_of(w, FP_ENDS_WORKER);
	} else if (is_killed && !w->is_kill_told) {
		w->is_kill_told = true;
		*s = sight_of(w, FP_KILLS_WORKER);
	} else {
		return false;
	}
	s->is_ignorable = w->is_spoilt;
	return true;
}

/* Nothing of a worker is told before its start is, and that needs its number. */
static bool is_known(struct pool_session *p, struct fp_worker *w, const struct fp_request *r)
{
	if (!w->number && r) {
		size_t call = call_of(p, r);
		w->number = call == NO_CALL ? fp_crew_number_free(&p->crew) : number_of_job(p, p->calls[call].tag);
	} else if (!w->number && (w->is_ended || w->is_over)) {
		w->number = fp_crew_number_free(&p->crew);
	}
	return w->number && w->number <= p->n_told;
}

static bool see_worker(struct pool_session *p, struct fp_worker *w, struct fp_sight *s)
{
	struct fp_request r;
	fp_bytes_take(&w->link.got, w->taken);
	w->taken = 0;
	bool is_request = fp_worker_request(w, &r);
	if (!is_known(p, w, is_request ? &r : NULL))
		return false;
	if (!is_request)
		return see_rest(w, s) || see_end(w, s);
	see_request(p, w, &r, s);
	return true;
}

static bool session_see(void *session, struct fp_sight *s)
{
	struct pool_session *p = session;
	if (fp_control_see(&p->control, s) || see_start(p, s))
		return true;
	for (size_t i = 0; i < p->crew.n; i++)
		if (see_worker(p, p->crew.workers[i], s))
			return true;
	return false;
}

static bool session_is_waiting(const void *session)
{
	const struct pool_session *p = session;
	return fp_link_is_waiting(&p->control.link) || fp_crew_is_waiting(&p->crew);
}

static size_t session_fds(const void *session, struct pollfd fds[FP_SESSION_FDS_MAX])
{
	const struct pool_session *p = session;
	size_t n = fp_link_fds(&p->control.link, fds);
	return n + fp_crew_fds(&p->crew, fds + n);
}

const struct fp_session_kind fp_pool_session = {
	.open = session_open,
	.act = session_act,
	.pump = session_pump,
	.see = session_see,
	.is_waiting = session_is_waiting,
	.fds = session_fds,
	.close = session_close,
};
