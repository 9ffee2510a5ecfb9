/* Hostile text made plain. See plain.h. */
#include "plain.h"

#include "base.h"

#include <stdlib.h>
#include <string.h>

struct range {
	uint32_t first, last;
};

/* Characters that are not to be seen, or change how others are: controls, joiners, marks of direction, tags. */
static const struct range unseen[] = {
	{0x00, 0x1f},     {0x7f, 0x9f},     {0xad, 0xad},     {0x61c, 0x61c},   {0x180e, 0x180e},   {0x200b, 0x200f},
	{0x2028, 0x202e}, {0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xffff}, {0xe0000, 0xe0fff},
};

static bool is_unseen(uint32_t c)
{
	for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
		if (c >= unseen[i].first && c <= unseen[i].last)
			return true;
	return false;
}

/* Octets of the UTF-8 character at `at`, and which it is; 0: it is none. The 0 behind a text ends every look ahead. */
static size_t utf8_len(const unsigned char *at, uint32_t *c)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t len = at[0] < 0x80             ? 1
	             : (at[0] & 0xe0) == 0xc0 ? 2
	             : (at[0] & 0xf0) == 0xe0 ? 3
	             : (at[0] & 0xf8) == 0xf0 ? 4
	                                      : 0;
	*c = len == 1 ? at[0] : at[0] & (0x7fu >> len);
	for (size_t i = 1; i < len; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		*c = *c << 6 | (at[i] & 0x3f);
	}
	bool is_surrogate = *c >= 0xd800 && *c <= 0xdfff;
	return len && *c >= least[len] && *c <= 0x10ffff && !is_surrogate ? len : 0;
}

struct fp_plain fp_plain_line(const char *text, size_t chars_max)
{
	return (struct fp_plain){.at = (const unsigned char *)(text ? text : ""), .chars_left = chars_max};
}

struct fp_plain fp_plain_text(const char *text)
{
	return (struct fp_plain){.at = (const unsigned char *)(text ? text : ""), .chars_left = SIZE_MAX, .is_text = true};
}

const char *fp_plain_next(struct fp_plain *p)
{
	uint32_t c;
	if (!p->at || !*p->at)
		return NULL;
	if (!p->chars_left--) {
		p->at = NULL;
		return strcpy(p->c, "…");
	}
	size_t len = utf8_len(p->at, &c);
	if (len && (!is_unseen(c) || (p->is_text && (c == '\n' || c == '\t'))))
		snprintf(p->c, sizeof p->c, "%.*s", (int)len, (const char *)p->at);
	else if (c == '\n' || c == '\t')
		snprintf(p->c, sizeof p->c, "\\%c", c == '\n' ? 'n' : 't');
	else if (len > 1)
		snprintf(p->c, sizeof p->c, "\\u{%x}", (unsigned)c);
	else
		snprintf(p->c, sizeof p->c, "\\x%02x", *p->at);
	p->at += len ? len : 1;
	return p->c;
}

void fp_plain_print(struct fp_plain p, FILE *to)
{
	for (const char *c; (c = fp_plain_next(&p));)
		fputs(c, to);
}

char *fp_plain_all(struct fp_plain p)
{
	char *all;
	size_t len;
	FILE *to = open_memstream(&all, &len);
	if (!to)
		abort();
	fp_plain_print(p, to);
	fclose(to);
	return all;
}
