/* Text that grows. See story.h. */
#include "story.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define ITEM_BYTES_SHOWN 32u /* octets */
#define FRAMES_SHOWN 1000u

void fp_story_tell(struct fp_story *s, const char *format, ...)
{
	va_list args, again;
	va_start(args, format);
	va_copy(again, args);
	size_t n = (size_t)vsnprintf(NULL, 0, format, args);
	if (s->cap - s->len <= n) {
		s->cap = 2 * s->cap + n + 1;
		s->text = realloc(s->text, s->cap);
		if (!s->text)
			abort();
	}
	vsnprintf(s->text + s->len, n + 1, format, again);
	s->len += n;
	va_end(again);
	va_end(args);
}

void fp_story_free(struct fp_story *s)
{
	free(s->text);
	*s = (struct fp_story){0};
}

static void tell_octets(struct fp_story *s, const uint8_t *p, size_t len)
{
	fp_story_tell(s, "\"");
	for (size_t i = 0; i < len && i < ITEM_BYTES_SHOWN; i++)
		fp_story_tell(s, p[i] < 0x20 || p[i] > 0x7e || p[i] == '"' || p[i] == '\\' ? "\\x%02x" : "%c", p[i]);
	fp_story_tell(s, len > ITEM_BYTES_SHOWN ? "\"... (%zu octets)" : "\"", len);
}

static const char *why(enum fp_second_verdict v)
{
	static const char *const words[] = {
		[FP_SECOND_GOOD] = "good",
		[FP_SECOND_MORE] = "the frame is not complete (FRM-5; at end of file: truncated)",
		[FP_SECOND_TOO_LONG] = "the length is above the limit (FRM-7)",
		[FP_SECOND_UNTERMINATED] = "the payload ends inside a length (SER-6)",
		[FP_SECOND_BEYOND_END] = "the length is greater than what is left (SER-7)",
		[FP_SECOND_HUGE] = "the length is 2^63 or more (SER-8)",
	};
	return words[v];
}

void fp_story_list(struct fp_story *s, size_t offset, const uint8_t *in, size_t len)
{
	for (size_t at = 0, item_len, n = 0; at < len; n++) {
		const uint8_t *item;
		size_t from = at;
		enum fp_second_verdict v = fp_second_item(in, len, &at, &item, &item_len);
		fp_story_tell(s, "  %06zu      item %zu ", offset + from, n);
		if (v) {
			fp_story_tell(s, "refused: %s\n", why(v));
			return;
		}
		tell_octets(s, item, item_len);
		fp_story_tell(s, "\n");
	}
}

void fp_story_frames(struct fp_story *s, const char *from, struct fp_second_form form, const uint8_t *in, size_t len)
{
	struct fp_second_frame f;
	enum fp_second_verdict v = FP_SECOND_GOOD;
	size_t at = 0;
	for (unsigned n = 0; at < len && n < FRAMES_SHOWN; n++, at = f.end) {
		v = fp_second_frame(form, in, len, at, &f);
		if (v)
			break;
		fp_story_tell(s, "  %06zu %s ", at, from);
		if (form.has_id)
			fp_story_tell(s, "id %u ", f.id);
		fp_story_tell(s, "length %u\n", f.len);
		fp_story_list(s, f.payload_at, in + f.payload_at, f.len);
	}
	if (v == FP_SECOND_TOO_LONG)
		fp_story_tell(s, "  %06zu %s refused: length %u: %s\n", f.length_at, from, f.len, why(v));
	else if (v)
		fp_story_tell(s, "  %06zu %s %zu octets: %s\n", at, from, len - at, why(v));
}

void fp_story_journal(struct fp_story *s, const struct fp_journal *j)
{
	static const char *const kinds[] = {"frame", "request", "result", "event", "sent", "taken", "failed", "ended"};
	for (size_t i = 0; i < j->n; i++) {
		const struct fp_note *n = &j->notes[i];
		fp_story_tell(s, "  => %s", kinds[n->kind]);
		if (n->kind == FP_NOTE_FAILED)
			fp_story_tell(s, " %s at offset %llu: %s\n", fp_reason_name((enum fp_reason)n->reason),
			              (unsigned long long)n->offset, fp_reason_text((enum fp_reason)n->reason));
		else if (n->kind == FP_NOTE_ENDED)
			fp_story_tell(s, "\n");
		else
			fp_story_tell(s, " %llu, %llu %s\n", (unsigned long long)n->id, (unsigned long long)n->n,
			              n->kind == FP_NOTE_TAKEN ? "(1: may have run)"
			              : n->kind == FP_NOTE_FRAME || n->kind == FP_NOTE_SENT ? "octets" : "items");
	}
}
