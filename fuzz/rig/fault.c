/* The form and the place of a fault. See fault.h. */
#include "fault.h"

#include <stdlib.h>
#include <string.h>

#include "../target.h"

/* Octets of a line, counted from 1; the line behind the last newline is one, too. SIZE_MAX: there is no such line. */
static size_t line_len(const uint8_t *text, size_t len, unsigned long line)
{
	size_t at = 0, begin = 0;
	for (unsigned long n = 1;; n++) {
		while (at < len && text[at] != '\n')
			at++;
		if (n == line)
			return at - begin;
		if (at == len)
			return SIZE_MAX;
		begin = ++at;
	}
}

void fp_fault_check(const char *said, const char *name, const uint8_t *text, size_t len)
{
	size_t name_len = strlen(name);
	char *end;
	if (strncmp(said, name, name_len) != 0 || said[name_len] != ':')
		fp_fuzz_found("model", "a fault does not begin with the name of its file");
	unsigned long line = strtoul(said + name_len + 1, &end, 10), column = *end == ':' ? strtoul(end + 1, &end, 10) : 0;
	if (!line || !column || strncmp(end, ": ", 2) != 0 || !end[2])
		fp_fuzz_found("model", "a fault has no line and column, or no text");
	size_t has = line_len(text, len, line);
	if (has == SIZE_MAX || column > has + 1)
		fp_fuzz_found("model", "a fault is at a place that the text does not have");
	if (strpbrk(said, "\n\r"))
		fp_fuzz_found("model", "a fault is more than one line");
}
