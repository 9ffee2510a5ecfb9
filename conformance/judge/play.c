/* One play: conducts a session through a script. See play.h. Must not know sockets or sides. */
#include "play.h"

#include "match.h"
#include "patience.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PAUSE_LEAST_NS ((uint64_t)20000)  /* between looks at what nothing tells of; it doubles */
#define PAUSE_MOST_NS ((uint64_t)2000000)
#define EXIT_WAIT_NS FP_NS_S              /* how long the exit of a testee that broke off is waited for, to be told */
#define SLOWEST_BYTES_PER_S 1000000       /* a testee that takes or gives its octets no slower is not late */
#define EXIT_LOOK_MS 10                   /* where nothing tells of it */

struct conductor {
	struct fp_play *play;
	struct fp_stage stage;
	const struct fp_session_kind *kind;
	void *session;
	struct fp_match match;
	const struct fp_step *acting; /* the step that is done, and not yet in full; NULL: none */
	size_t n_met;                 /* at the last progress */
	uint64_t limit_ns;            /* for a step; FP_NEVER_NS: none */
	uint64_t pause_ns;
	struct fp_patience patience;
	bool is_over;                 /* the play is decided */
};

static void decide(struct conductor *c, enum fp_played how, const char *format, ...) __attribute__((format(printf, 3, 4)));
static void decide(struct conductor *c, enum fp_played how, const char *format, ...)
{
	va_list args;
	if (c->is_over)
		return;
	va_start(args, format);
	vsnprintf(c->play->why, sizeof c->play->why, format, args);
	va_end(args);
	c->play->how = how;
	c->is_over = true;
}

/* What a step may take: a slow testee needs its time for the longest of them, too. */
static uint64_t limit_of(const struct fp_testee *testee, const struct fp_script *script)
{
	uint64_t longest_bytes = 0;
	for (size_t i = 0; i < script->n; i++)
		if (script->steps[i].octets.len > longest_bytes)
			longest_bytes = script->steps[i].octets.len;
	return testee->timeout_ns == FP_NEVER_NS ? FP_NEVER_NS : testee->timeout_ns + longest_bytes * (FP_NS_S / SLOWEST_BYTES_PER_S);
}

static void progress(struct conductor *c)
{
	fp_patience_renew(&c->patience, c->limit_ns);
	c->pause_ns = PAUSE_LEAST_NS;
}

/* ---- what is wrong ---- */

#define QUOTED_MAX 160 /* octets of a line that are quoted; the reports show all of it */

static char *actor_name(const struct fp_line *line)
{
	static const char *const names[] = {"", "parent ", "child ", "app ", "pool ", "worker "};
	return line->actor == FP_ACTOR_WORKER ? fp_text("worker %u ", line->worker) : fp_text("%s", names[line->actor]);
}

/* `child sends …` (line N), shortened. To be freed. */
static char *quoted(const struct conductor *c, const struct fp_step *step)
{
	char *text = fp_step_text(step, c->stage.testee), *actor = actor_name(step->line), *quote;
	const char *more = strlen(text) > QUOTED_MAX ? " …" : "";
	quote = fp_text("`%s%.*s%s`", actor, QUOTED_MAX, text, more);
	free(text);
	free(actor);
	if (!step->line->number)
		return quote;
	text = fp_text("%s (line %u)", quote, step->line->number);
	free(quote);
	return text;
}

/* Who would have done what is expected, and to whom. */
static void ends_of(const struct fp_line *line, enum fp_side side, enum fp_actor *from, enum fp_actor *to)
{
	static const enum fp_actor peers[] = {[FP_ACTOR_PARENT] = FP_ACTOR_CHILD, [FP_ACTOR_CHILD] = FP_ACTOR_PARENT,
	                                      [FP_ACTOR_POOL] = FP_ACTOR_WORKER, [FP_ACTOR_WORKER] = FP_ACTOR_WORKER,
	                                      [FP_ACTOR_APP] = FP_ACTOR_APP};
	bool is_got = line->actor == FP_ACTOR_APP || line->actor == FP_ACTOR_WORKER;
	*from = !is_got ? line->actor : side == FP_SIDE_POOL ? FP_ACTOR_POOL : FP_ACTOR_PARENT;
	*to = line->verb == FP_EXITS ? FP_ACTOR_NONE : peers[line->actor];
}

static void missing_add(struct conductor *c, const struct fp_step *step)
{
	enum fp_actor from, to;
	bool is_octets = step->line->verb == FP_SENDS;
	ends_of(step->line, c->stage.testee->side, &from, &to);
	fp_seen_missing(&c->stage.seen, from, to, fp_step_text(step, c->stage.testee), is_octets ? step->octets.data : NULL,
	                is_octets ? step->octets.len : 0)
		->worker = step->line->worker;
}

/* What was seen does not fit. The thing is marked, and what would have been right stands behind it. */
static void decide_wrong(struct conductor *c)
{
	struct fp_seen *seen = &c->stage.seen.items[c->match.wrong_seen];
	const struct fp_step *awaited = c->match.wrong ? c->match.wrong : fp_match_awaited(&c->match);
	char *expected = awaited ? quoted(c, awaited) : fp_text("nothing but what the case says");
	seen->is_wrong = true;
	seen->wrong_at = c->match.wrong_at;
	fp_seen_word(&c->stage.seen);
	if (c->match.wrong_early_ns)
		decide(c, FP_PLAYED_BROKEN, "expected %s, but it came %g ms too early", expected, (double)c->match.wrong_early_ns / 1e6);
	else if (seen->wrong_at != SIZE_MAX)
		decide(c, FP_PLAYED_BROKEN, "expected %s, but octet %zu of what came is another", expected, seen->wrong_at);
	else
		decide(c, FP_PLAYED_BROKEN, "expected %s, but what came is `%.*s`", expected, QUOTED_MAX, seen->text);
	free(expected);
	if (awaited)
		missing_add(c, awaited);
}

static void decide_surplus(struct conductor *c, size_t nth)
{
	c->stage.seen.items[nth].is_wrong = true;
	c->stage.seen.items[nth].wrong_at = c->stage.seen.items[nth].len ? 0 : SIZE_MAX;
	char line[32] = "";
	if (c->acting->line->number)
		snprintf(line, sizeof line, " (line %u)", c->acting->line->number);
	fp_seen_word(&c->stage.seen);
	decide(c, FP_PLAYED_BROKEN, "expected nothing more%s, but what came is `%.*s`", line, QUOTED_MAX,
	       c->stage.seen.items[nth].text);
}

static void decide_late(struct conductor *c)
{
	const struct fp_step *step = c->acting ? c->acting : fp_match_awaited(&c->match);
	struct fp_sight begun;
	double limit_s = (double)c->limit_ns / (double)FP_NS_S;
	char *text = quoted(c, step);
	if (c->kind->see(c->session, &begun))
		fp_seen_sight(&c->stage.seen, &begun);
	if (c->acting)
		decide(c, FP_PLAYED_LATE, "the testee has not read or answered what comes before %s within %.3g s", text, limit_s);
	else
		decide(c, FP_PLAYED_LATE, "expected %s, which did not come within %.3g s%s", text, limit_s,
		       c->stage.process.is_over ? ": its process has ended, and something that it left holds the connection" : "");
	free(text);
	if (!c->acting)
		missing_add(c, step);
}

/* ---- the loop ---- */

static void sights_take(struct conductor *c)
{
	struct fp_sight s;
	while (!c->is_over && !fp_match_is_full(&c->match) && c->kind->see(c->session, &s)) {
		if (s.is_partial && fp_match_give(&c->match, &s, 0))
			return;
		fp_seen_sight(&c->stage.seen, &s);
		if (!fp_match_give(&c->match, &s, c->stage.seen.n - 1))
			decide_wrong(c);
	}
}

static void pump(struct conductor *c)
{
	fp_process_look(&c->stage.process);
	c->kind->pump(c->session);
	sights_take(c);
	if (c->match.n_met != c->n_met) {
		c->n_met = c->match.n_met;
		progress(c);
	}
}

/* Polls until something can be done; a short while only where nothing would tell. */
static void wait_for_more(struct conductor *c)
{
	struct pollfd fds[FP_SESSION_FDS_MAX + 2];
	/* asked first: what a link waits for may come about before its descriptors are named, and then nothing tells of it */
	bool is_exit_told = c->stage.process.pidfd >= 0 || c->stage.process.is_over;
	bool is_waiting = c->acting || !is_exit_told || c->kind->is_waiting(c->session);
	nfds_t n = c->kind->fds(c->session, fds);
	uint64_t now_ns = fp_now_ns(), deadline_ns = c->patience.deadline_ns, wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
	if (c->stage.process.pidfd >= 0)
		fds[n++] = (struct pollfd){.fd = c->stage.process.pidfd, .events = POLLIN};
	if (c->stage.process.stderr_fd >= 0)
		fds[n++] = (struct pollfd){.fd = c->stage.process.stderr_fd, .events = POLLIN};
	if (is_waiting) {
		wait_ns = wait_ns < c->pause_ns ? wait_ns : c->pause_ns;
		c->pause_ns = c->pause_ns < PAUSE_MOST_NS ? 2 * c->pause_ns : PAUSE_MOST_NS;
	} else {
		c->pause_ns = PAUSE_LEAST_NS;
	}
	struct timespec wait = {(time_t)(wait_ns / FP_NS_S), (long)(wait_ns % FP_NS_S)};
	ppoll(fds, n, deadline_ns == FP_NEVER_NS && wait_ns > FP_NS_S ? NULL : &wait, NULL);
}

/* Everything that is open has come. */
static bool has_all(struct conductor *c)
{
	return !fp_match_awaited(&c->match);
}

/* The step is done in full. */
static bool has_acted(struct conductor *c)
{
	enum fp_acted acted = c->kind->act(c->session, c->acting);
	if (acted == FP_ACTED_WRONG)
		decide(c, FP_PLAYED_BROKEN, "%s", c->stage.why);
	return acted == FP_ACTED;
}

static void run_until(struct conductor *c, bool (*is_so)(struct conductor *))
{
	progress(c);
	for (;;) {
		pump(c);
		if (c->is_over || is_so(c) || c->is_over)
			return;
		if (fp_patience_is_over(&c->patience)) {
			decide_late(c);
			return;
		}
		wait_for_more(c);
	}
}

static bool is_done_to_testee(const struct fp_step *step)
{
	return step->is_act && step->line->verb != FP_NOTHING_MORE && step->line->verb != FP_STAYS;
}

static void be_at_rest(struct conductor *c)
{
	size_t surplus = fp_match_surplus(&c->match);
	if (surplus == SIZE_MAX)
		fp_match_pass(&c->match);
	else
		decide_surplus(c, surplus);
}

static void act(struct conductor *c, const struct fp_step *step)
{
	bool is_first_in_a_row = step == c->stage.script->steps || !is_done_to_testee(step - 1);
	if (is_done_to_testee(step) && is_first_in_a_row)
		c->match.acted_ns = fp_now_ns();
	c->acting = step;
	run_until(c, has_acted);
	if (step->line->verb == FP_NOTHING_MORE && !c->is_over)
		be_at_rest(c);
	c->acting = NULL;
}

/* From act to act: what is expected between two of them may come until the next one. */
static void conduct(struct conductor *c)
{
	const struct fp_script *s = c->stage.script;
	for (size_t i = 0; i <= s->n && !c->is_over; i++) {
		if (i < s->n && !s->steps[i].is_act)
			continue;
		if (!fp_match_open(&c->match, i))
			decide_wrong(c);
		if (!c->is_over)
			run_until(c, has_all);
		if (i < s->n && !c->is_over)
			act(c, &s->steps[i]);
	}
}

/* ---- before and after ---- */

static void wait_for_debugger(const struct conductor *c)
{
	if (!c->stage.testee->is_debugged)
		return;
	fprintf(stderr, "the testee is process %d: attach to it, then press Enter\n", (int)c->stage.process.pid);
	for (int got = 0; got != '\n' && got != EOF;)
		got = getchar();
}

static bool has_broken_off(const struct fp_seen_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		const struct fp_seen *s = &l->items[i];
		if (s->is_wrong && !s->is_missing && s->text)
			return !strcmp(s->text, "ends") || !strcmp(s->text, FP_SEEN_CHANNEL_ENDS);
	}
	return false;
}

/* A testee that broke off is about to exit as a rule; then its status is part of the report. */
static void exit_await(struct conductor *c)
{
	if (!has_broken_off(&c->stage.seen))
		return;
	uint64_t until_ns = fp_now_ns() + EXIT_WAIT_NS;
	while (!c->stage.process.is_over && fp_now_ns() < until_ns) {
		struct pollfd p = {.fd = c->stage.process.pidfd, .events = POLLIN};
		poll(&p, 1, EXIT_LOOK_MS);
		fp_process_look(&c->stage.process);
	}
	size_t len = strlen(c->play->why);
	if (c->stage.process.is_over)
		snprintf(c->play->why + len, sizeof c->play->why - len, "; then it exited with status %d", c->stage.process.status);
}

static void play_session(struct conductor *c)
{
	c->session = c->kind->open(&c->stage);
	if (!c->session) {
		decide(c, FP_PLAYED_NOT, "%s", c->stage.why);
		return;
	}
	wait_for_debugger(c);
	conduct(c);
	exit_await(c);
	fp_process_end(&c->stage.process);
	c->kind->close(c->session);
	c->play->stderr_text = fp_process_stderr(&c->stage.process);
}

static const struct fp_session_kind *kind_of(enum fp_side side)
{
	static const struct fp_session_kind *const kinds[] = {
		[FP_SIDE_CHILD] = &fp_child_session, [FP_SIDE_PARENT] = &fp_parent_session, [FP_SIDE_POOL] = &fp_pool_session};
	return kinds[side];
}

void fp_play_run(struct fp_play *p, const struct fp_transcript *t, const struct fp_testee *testee,
                 const struct fp_variant *v)
{
	struct fp_script script;
	struct conductor c = {.play = p, .kind = kind_of(t->side)};
	*p = (struct fp_play){.how = FP_PLAYED_KEPT};
	c.stage = (struct fp_stage){.testee = testee, .script = &script, .seen = {.is_big_endian = !testee->is_native}};
	bool is_right = fp_script_make(&script, t, testee, v);
	c.limit_ns = limit_of(testee, &script);
	fp_match_init(&c.match, &script);
	if (!is_right)
		decide(&c, FP_PLAYED_NOT, "%s", script.fault);
	else
		play_session(&c);
	fp_match_fini(&c.match);
	fp_script_fini(&script);
	if (p->how == FP_PLAYED_KEPT)
		fp_seen_fini(&c.stage.seen);
	fp_seen_word(&c.stage.seen);
	p->seen = c.stage.seen;
}

void fp_play_fini(struct fp_play *p)
{
	fp_seen_fini(&p->seen);
	free(p->stderr_text);
}
