/* Shrinks lives. See shrink.h. Each candidate is played with a child of its own and kept where the same is found. */
#include "shrink.h"

#include <string.h>

#define PLAYS_MAX 4000u
#define SHRINK_NS (90 * FP_NS_S)
#define AGAIN 3u /* plays of the life as it was: one that depends on time may show only in some */

struct shrinking {
	struct fp_player *p;
	struct fp_life *life;
	struct fp_finding finding;
	unsigned plays;
	uint64_t until_ns;
};

static bool is_spent(const struct shrinking *s)
{
	return s->plays >= PLAYS_MAX || fp_now_ns() >= s->until_ns || fp_peer_is_stopped;
}

/* Takes the candidate over: it becomes the life where the same is found in it. */
static bool try(struct shrinking *s, struct fp_life candidate)
{
	struct fp_finding f = {0};
	if (!is_spent(s)) {
		s->plays++;
		fp_player_live(s->p, &candidate, &f);
	}
	bool is_kept = fp_finding_is(&f, &s->finding);
	if (is_kept) {
		struct fp_life old = *s->life;
		*s->life = candidate;
		s->finding = f;
		candidate = old;
	}
	fp_life_fini(&candidate);
	return is_kept;
}

static struct fp_life copy(const struct shrinking *s)
{
	return fp_life_part(s->life, 0, s->life->n);
}

/* ---- sessions ---- */

static bool try_without(struct shrinking *s, size_t from, size_t n)
{
	struct fp_life l = copy(s);
	for (size_t i = from; i < from + n; i++)
		fp_session_fini(&l.sessions[i]);
	memmove(l.sessions + from, l.sessions + from + n, (l.n - from - n) * sizeof *l.sessions);
	l.n -= n;
	return try(s, l);
}

/* All but the last are taken out, then halves and so on. Was one taken out? */
static bool drop_sessions(struct shrinking *s)
{
	size_t before = s->life->n;
	for (size_t n = s->life->n - 1; n; n /= 2)
		for (size_t from = 0; from + n < s->life->n && !is_spent(s);)
			if (!try_without(s, from, n))
				from += n;
	return s->life->n < before;
}

/* ---- octets ---- */

static bool try_cut(struct shrinking *s, size_t nth, size_t from, size_t to)
{
	struct fp_life l = copy(s);
	fp_session_cut(&l.sessions[nth], &s->p->dialect, from, to);
	return try(s, l);
}

static bool drop_requests(struct shrinking *s, size_t nth)
{
	struct fp_second_frame f;
	bool is_any = false;
	for (size_t at = 0; !is_spent(s);) {
		const struct fp_session *x = &s->life->sessions[nth];
		if (fp_second_frame(fp_dialect_requests(&s->p->dialect), x->data, x->len, at, &f))
			break;
		if (try_cut(s, nth, at, f.end))
			is_any = true;
		else
			at = f.end;
	}
	return is_any;
}

/* Taken out of a run of one octet, the same number leaves the same wherever it is taken: the first time was enough. */
static bool is_worth(const struct fp_session *x, size_t at, size_t n)
{
	return at < n || memcmp(x->data + at - n, x->data + at - n + 1, 2 * n - 1) != 0;
}

static bool drop_octets(struct shrinking *s, size_t nth)
{
	size_t before = s->life->sessions[nth].len;
	for (size_t n = before / 2; n; n /= 2) {
		for (size_t at = 0; at + n <= s->life->sessions[nth].len && !is_spent(s);)
			if (!is_worth(&s->life->sessions[nth], at, n) || !try_cut(s, nth, at, at + n))
				at += n;
	}
	return s->life->sessions[nth].len < before;
}

/* ---- what is simpler ---- */

static bool drop_cuts(struct shrinking *s, size_t nth)
{
	bool is_any = false;
	for (unsigned i = 0; i < s->life->sessions[nth].n_cuts && !is_spent(s);) {
		struct fp_life l = copy(s);
		struct fp_session *x = &l.sessions[nth];
		memmove(x->cuts + i, x->cuts + i + 1, (--x->n_cuts - i) * sizeof *x->cuts);
		if (try(s, l))
			is_any = true;
		else
			i++;
	}
	return is_any;
}

/* Every item but the verb reads `aaaa`, if that finds the same: its octets are then one run. */
static void plain_items(struct shrinking *s, size_t nth)
{
	struct fp_life l = copy(s);
	struct fp_session *x = &l.sessions[nth];
	struct fp_second_frame f;
	const uint8_t *item;
	size_t item_len;
	for (size_t at = 0; at < x->len && !fp_second_frame(fp_dialect_requests(&s->p->dialect), x->data, x->len, at, &f); at = f.end)
		for (size_t i = f.payload_at; i < f.end && !fp_second_item(x->data, f.end, &i, &item, &item_len);)
			if (item_len != 4 || memcmp(item, "echo", 4))
				memset(x->data + (item - x->data), 'a', item_len);
	try(s, l);
}

static bool shrink_session(struct shrinking *s, size_t nth)
{
	bool is_any = drop_requests(s, nth);
	is_any |= drop_cuts(s, nth);
	return drop_octets(s, nth) || is_any;
}

static void shrink_until_minimal(struct shrinking *s)
{
	bool is_any = true;
	drop_sessions(s);
	for (size_t i = 0; i < s->life->n && !s->p->dialect.is_json; i++)
		plain_items(s, i);
	while (is_any && !is_spent(s)) {
		is_any = drop_sessions(s);
		for (size_t i = 0; i < s->life->n; i++)
			is_any |= shrink_session(s, i);
	}
}

struct fp_shrunk fp_shrink(struct fp_player *p, struct fp_life *l, struct fp_finding *f)
{
	struct shrinking s = {.p = p, .life = l, .finding = *f, .until_ns = fp_now_ns() + SHRINK_NS};
	bool is_found_again = false;
	for (unsigned i = 0; i < AGAIN && !is_found_again; i++)
		is_found_again = try(&s, copy(&s));
	if (is_found_again)
		shrink_until_minimal(&s);
	*f = s.finding;
	return (struct fp_shrunk){s.plays, is_found_again, is_found_again && !is_spent(&s)};
}
