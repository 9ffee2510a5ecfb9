/* What was done and seen. See seen.h. */
#include "seen.h"

#include "frame.h"
#include "items.h"

#include <stdlib.h>
#include <string.h>

static void item_fini(struct fp_seen *s)
{
	free(s->text);
	free(s->data);
}

static struct fp_seen *add(struct fp_seen_list *l, enum fp_actor from, enum fp_actor to, char *text, const uint8_t *data,
                           size_t len)
{
	if (l->n == FP_SEEN_MAX) {
		l->bytes -= l->items[l->n - 1].len;
		item_fini(&l->items[--l->n]);
	}
	l->items = fp_grow(l->items, l->n + 1, sizeof *l->items);
	struct fp_seen *s = &l->items[l->n++];
	*s = (struct fp_seen){.from = from, .to = to, .text = text, .wrong_at = SIZE_MAX};
	if (len && l->bytes + len <= FP_SEEN_BYTES_MAX) {
		s->data = fp_get(len, 1);
		memcpy(s->data, data, len);
		s->len = len;
		l->bytes += len;
	}
	return s;
}

struct fp_seen *fp_seen_done(struct fp_seen_list *l, enum fp_actor from, enum fp_actor to, char *text, const uint8_t *data,
                             size_t len)
{
	struct fp_seen *s = add(l, from, to, text, data, len);
	s->is_done = true;
	return s;
}

struct fp_seen *fp_seen_missing(struct fp_seen_list *l, enum fp_actor from, enum fp_actor to, char *text,
                                const uint8_t *data, size_t len)
{
	struct fp_seen *s = add(l, from, to, text, data, len);
	s->is_wrong = s->is_missing = true;
	return s;
}

static char *got_text(const char *what, const char *word, const struct fp_sight *s)
{
	char *items = fp_items_text(s->data, s->len), *text = fp_text("gets %s%s%s%s", what, word ? " " : "", word ? word : "", items);
	free(items);
	return text;
}

static char *sight_text(const struct fp_sight *s)
{
	switch (s->verb) {
	case FP_ENDS:
		return fp_text("ends");
	case FP_CLOSES:
		return fp_text(s->channel == FP_CHANNEL_APP ? FP_SEEN_CHANNEL_ENDS : "closes");
	case FP_EXITS:
		return fp_text("exits %d", s->status);
	case FP_GETS_RESULT:
		return got_text("result", s->word, s);
	case FP_GETS_FAILURE:
		return fp_text("gets failure %s%s%s", s->word, s->class ? " " : "", s->class ? s->class : "");
	case FP_GETS_EVENT:
		return got_text("event", NULL, s);
	case FP_GETS_ERROR:
		return got_text("error", s->class, s);
	case FP_GETS_END:
		return fp_text("gets end");
	case FP_STARTS:
		return fp_text("starts worker %u", s->worker);
	case FP_GETS_CALL:
		return fp_text("gets %s", s->word);
	case FP_ENDS_WORKER:
		return fp_text("ends worker %u", s->worker);
	case FP_KILLS_WORKER:
		return fp_text("kills worker %u", s->worker);
	default:
		return NULL; /* octets, worded when they are wanted */
	}
}

struct fp_seen *fp_seen_sight(struct fp_seen_list *l, const struct fp_sight *s)
{
	bool is_octets = s->verb == FP_SENDS;
	struct fp_seen *seen = add(l, s->from, s->to, sight_text(s), is_octets ? s->data : NULL, is_octets ? s->len : 0);
	seen->worker = s->worker;
	return seen;
}

char *fp_seen_octets(const uint8_t *data, size_t len, bool is_frame, bool is_big_endian)
{
	size_t header = is_frame && len >= 8 ? 8 : 0, text_len;
	char *text;
	FILE *to = open_memstream(&text, &text_len);
	if (!to)
		abort();
	fputs("sends", to);
	for (size_t i = 0; i < header; i += 4)
		fprintf(to, " u32:%u", fp_u32_get(data + i, is_big_endian));
	if (len > header) {
		struct fp_octets octets;
		fp_octets_of(&octets, data + header, len - header);
		fputc(' ', to);
		fp_octets_print(&octets, to);
		fp_octets_fini(&octets);
	}
	fclose(to);
	return text;
}

void fp_seen_word(struct fp_seen_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		struct fp_seen *s = &l->items[i];
		if (!s->text)
			s->text = fp_seen_octets(s->data, s->len, !s->is_done && s->from == FP_ACTOR_CHILD, l->is_big_endian);
	}
}

void fp_seen_fini(struct fp_seen_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		item_fini(&l->items[i]);
	free(l->items);
	*l = (struct fp_seen_list){0};
}
