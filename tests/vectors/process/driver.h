/* What the drivers share: the words of a test, which come as JSON, as the library's. Must not know what is tested. */
#ifndef DRIVER_H
#define DRIVER_H

#include "forkpool.h"

#include <err.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static inline void *driver_alloc(size_t n, size_t size)
{
	void *p = calloc(n + 1, size);
	if (!p)
		err(1, "calloc");
	return p;
}

/* The JSON object in the first argument. */
static inline json_t *driver_read(int argc, char **argv)
{
	json_error_t e;
	json_t *words = argc == 2 ? json_loads(argv[1], 0, &e) : NULL;
	if (!words)
		errx(2, "one argument is expected, a JSON object");
	return words;
}

/* A list of strings, NULL-terminated. */
static inline const char **driver_strings(const json_t *list)
{
	const char **strings = driver_alloc(json_array_size(list), sizeof *strings);
	for (size_t i = 0; i < json_array_size(list); i++)
		strings[i] = json_string_value(json_array_get(list, i));
	return strings;
}

static inline void driver_check(enum fp_reason r, const char *what)
{
	if (r)
		errx(1, "%s: %s", what, fp_reason_text(r));
}

#endif
