/* The control channel. See control.h. */
#include "control.h"

#include "items.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fp_control_init(struct fp_control *c, enum fp_actor from, bool is_json)
{
	*c = (struct fp_control){.link = {.in = -1, .out = -1}, .from = from, .is_json = is_json};
}

void fp_control_fini(struct fp_control *c)
{
	for (size_t i = 0; i < c->n_words; i++)
		free(c->words[i]);
	free(c->words);
	fp_link_fini(&c->link);
	fp_bytes_fini(&c->waiting);
	fp_bytes_fini(&c->writing);
	fp_bytes_fini(&c->items);
}

/* ---- to the testee ---- */

void fp_control_tell(struct fp_control *c, const char *word, const char *more, const struct fp_octets *items, size_t n)
{
	fp_bytes_put(&c->waiting, word, strlen(word));
	if (more) {
		fp_bytes_put(&c->waiting, " ", 1);
		fp_bytes_put(&c->waiting, more, strlen(more));
	}
	fp_items_tell(&c->waiting, items, n);
	fp_bytes_put(&c->waiting, "\n", 1);
}

/* All lines that wait go out as one write, once the link is done with the last. False: not now. */
static bool lines_put(struct fp_control *c)
{
	if (!c->waiting.len || c->link.n_done < c->link.n_ops)
		return false;
	struct fp_bytes done = c->writing;
	c->writing = c->waiting;
	c->waiting = (struct fp_bytes){.data = done.data, .room = done.room};
	fp_link_put(&c->link, FP_LINK_WRITE, fp_bytes_front(&c->writing), c->writing.len);
	return true;
}

void fp_control_pump(struct fp_control *c)
{
	do
		fp_link_pump(&c->link);
	while (lines_put(c));
}

bool fp_control_settle(struct fp_control *c)
{
	char number[16];
	if (c->is_over)
		return true;
	if (!c->is_asked) {
		snprintf(number, sizeof number, "%u", ++c->pings);
		fp_control_tell(c, "ping", number, NULL, 0);
		c->is_asked = true;
	}
	if (c->pongs < c->pings)
		return false;
	c->is_asked = false;
	return true;
}

/* ---- from the testee ---- */

struct word {
	const char *at;
	size_t len;
};

static struct word word_take(struct word *line)
{
	const char *space = memchr(line->at, ' ', line->len);
	struct word w = {line->at, space ? (size_t)(space - line->at) : line->len};
	size_t taken = w.len + (space != NULL);
	line->at += taken;
	line->len -= taken;
	return w;
}

static bool is_word(struct word w, const char *text)
{
	return w.len == strlen(text) && !memcmp(w.at, text, w.len);
}

/* The same text as long as the channel is there; NULL: it is empty, or there are too many. */
static const char *keep(struct fp_control *c, struct word w)
{
	for (size_t i = 0; i < c->n_words; i++)
		if (is_word(w, c->words[i]))
			return c->words[i];
	if (!w.len || c->n_words == FP_CONTROL_WORDS_MAX)
		return NULL;
	c->words = fp_grow(c->words, c->n_words + 1, sizeof *c->words);
	return c->words[c->n_words++] = fp_text("%.*s", (int)w.len, w.at);
}

/* What stands behind the first word, in this order. */
static const struct form {
	const char *name;
	enum fp_verb verb;
	bool has_tag, has_class, has_items;
} forms[] = {
	{"result", FP_GETS_RESULT, true, false, true},
	{"failure", FP_GETS_FAILURE, true, true, false},
	{"event", FP_GETS_EVENT, false, false, true},
	{"error", FP_GETS_ERROR, false, true, false},
	{"end", FP_GETS_END, false, false, false},
};

static bool sight_read(struct fp_control *c, struct word line, struct fp_sight *s)
{
	const struct form *f = forms, *end = forms + sizeof forms / sizeof *forms;
	struct word first = word_take(&line);
	while (f < end && !is_word(first, f->name))
		f++;
	if (f == end)
		return false;
	*s = (struct fp_sight){.channel = FP_CHANNEL_APP, .from = c->from, .to = FP_ACTOR_APP, .verb = f->verb};
	if (f->has_tag && !(s->word = keep(c, word_take(&line))))
		return false;
	if (f->has_class)
		s->class = keep(c, word_take(&line)); /* a reason for people may follow */
	c->items.start = c->items.len = 0;
	if (f->has_items && !fp_items_normal(&c->items, line.at, line.len, c->is_json))
		return false;
	s->data = c->items.data;
	s->len = c->items.len;
	c->is_end_told |= f->verb == FP_GETS_END;
	return true;
}

static struct fp_sight odd_sight(const struct fp_control *c, struct word line)
{
	size_t len = line.len < FP_CONTROL_ODD_SHOWN ? line.len : FP_CONTROL_ODD_SHOWN;
	return (struct fp_sight){.channel = FP_CHANNEL_APP, .from = c->from, .to = FP_ACTOR_APP, .verb = FP_SENDS,
	                         .data = (const uint8_t *)line.at, .len = len, .has_to_fit = true};
}

static bool is_pong(struct fp_control *c, struct word line)
{
	char expected[32];
	snprintf(expected, sizeof expected, "pong %u", c->pongs + 1);
	if (c->pongs == c->pings || !is_word(line, expected))
		return false;
	c->pongs++;
	return true;
}

/* The next line, without its end. What has no end counts once no more can come. */
static bool line_take(struct fp_control *c, struct word *line)
{
	const struct fp_bytes *got = &c->link.got;
	const char *text = (const char *)fp_bytes_front(got);
	const char *end = got->len > c->searched ? memchr(text + c->searched, '\n', got->len - c->searched) : NULL;
	c->searched = got->len;
	bool is_last = !end && got->len && (c->link.is_ended || got->len >= FP_LINK_GOT_MAX);
	if (!end && !is_last)
		return false;
	*line = (struct word){text, end ? (size_t)(end - text) : got->len};
	c->taken = line->len + (end != NULL);
	c->searched = 0;
	return true;
}

static bool see_end(struct fp_control *c, struct fp_sight *s)
{
	if (!c->link.is_ended || c->is_over)
		return false;
	c->is_over = true;
	*s = (struct fp_sight){.channel = FP_CHANNEL_APP, .from = c->from, .to = FP_ACTOR_APP, .verb = FP_CLOSES,
	                       .has_to_fit = !c->is_end_told, .is_ignorable = c->is_end_told};
	return true;
}

bool fp_control_see(struct fp_control *c, struct fp_sight *s)
{
	struct word line;
	for (;;) {
		fp_bytes_take(&c->link.got, c->taken);
		c->taken = 0;
		if (!line_take(c, &line))
			return see_end(c, s);
		if (is_pong(c, line))
			continue;
		if (!sight_read(c, line, s))
			*s = odd_sight(c, line);
		return true;
	}
}
