/* Texts put into HTML and XML. See markup.h. */
#include "markup.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const char *entity(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

void fp_markup_plain(FILE *to, struct fp_plain p)
{
	for (const char *c; (c = fp_plain_next(&p));) {
		const char *quoted = entity(*c);
		fputs(quoted ? quoted : c, to);
	}
}

/* One % of a format; answers what follows it. */
static const char *put_one(FILE *to, const char *format, va_list *args)
{
	if (format[1] == 's')
		fp_markup_plain(to, fp_plain_line(va_arg(*args, const char *), FP_MARKUP_CHARS_MAX));
	else if (format[1] == 'u')
		fprintf(to, "%u", va_arg(*args, unsigned));
	else if (format[1] == 'z' && format[2] == 'u')
		fprintf(to, "%zu", va_arg(*args, size_t));
	else
		abort();
	return format + (format[1] == 'z' ? 3 : 2);
}

void fp_markup_put(FILE *to, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	while (*format) {
		size_t len = strcspn(format, "%");
		fwrite(format, 1, len, to);
		format += len;
		if (*format)
			format = put_one(to, format, &args);
	}
	va_end(args);
}

/* A mark begins something only where its like ends it. */
static bool is_opening(const struct fp_plain *p, const char *c)
{
	return (*c == '`' || *c == '*') && *p->at && *p->at != ' ' && strchr((const char *)p->at, *c);
}

void fp_markup_prose(FILE *to, struct fp_plain p)
{
	char open = 0;
	for (const char *c; (c = fp_plain_next(&p));) {
		const char *quoted = entity(*c);
		if (open ? *c == open : p.at && is_opening(&p, c)) {
			fprintf(to, "<%s%s>", open ? "/" : "", *c == '`' ? "code" : "em");
			open = open ? 0 : *c;
		} else {
			fputs(quoted ? quoted : c, to);
		}
	}
}
