/* Scenarios from files. See scenario.h. */
#include "scenario.h"

#include "place.h"

#include <ctype.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define FILE_BYTES_MAX ((size_t)64 << 20)
#define NUMBERS_MAX 1e9 /* seconds of a time in a list */

/* What is being read, and what is wrong with it. */
struct reading {
	struct sim_scenario *scenario;
	const struct fp_alloc *memory;
	const char *path;
	struct fp_span text;
	char *why; /* SIM_WHY_BYTES_MAX */
};

static bool fail_at(struct reading *r, unsigned line, unsigned column, const char *what)
{
	snprintf(r->why, SIM_WHY_BYTES_MAX, "%s:%u:%u: %s", r->path, line, column, what);
	for (char *c = r->why; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '?'; /* a name in a file may have line breaks, a message has none */
	return false;
}

static bool fail(struct reading *r, const char *section, const char *key, const char *what)
{
	struct sim_place p = sim_place_find(r->text, section, key);
	return fail_at(r, p.line, p.column, what);
}

static bool is_number_set(const struct sim_field *f, const json_t *value, uint64_t *v)
{
	double scale = f->unit == SIM_SECONDS ? 1e9
	               : f->unit == SIM_SHARE ? SIM_SURE_PPM
	                                      : 1,
	       d = json_number_value(value) * scale;
	if (!json_is_number(value) || !(d >= (double)f->min) || !(d <= (double)f->max))
		return false;
	*v = (uint64_t)(d + 0.5);
	return f->unit != SIM_COUNT || json_is_integer(value);
}

static bool is_field_read(const struct sim_field *f, const json_t *value, uint64_t *v)
{
	if (f->unit == SIM_YES) {
		*v = json_is_true(value);
		return json_is_boolean(value);
	}
	if (f->unit != SIM_WORD)
		return is_number_set(f, value, v);
	for (*v = 0; json_is_string(value) && f->words[*v]; ++*v)
		if (strcmp(f->words[*v], json_string_value(value)) == 0)
			return true;
	return false;
}

/* An array of seconds. */
static bool read_list(struct reading *r, const char *section, const json_t *value, struct sim_times *times)
{
	size_t n = json_array_size(value);
	if (!n)
		return fail(r, section, "list", "an array of times in seconds, not empty");
	uint64_t *list = fp_alloc_get(r->memory, n * sizeof *list);
	if (!list)
		return fail(r, section, "list", "a shorter array: there is no memory for this one");
	times->list = list;
	times->n = n;
	for (size_t i = 0; i < n; i++) {
		const json_t *item = json_array_get(value, i);
		double d = json_number_value(item);
		if (!json_is_number(item) || !(d >= 0) || d > NUMBERS_MAX)
			return fail(r, section, "list", "an array of times in seconds, each from 0 to 1000000000");
		list[i] = (uint64_t)(d * 1e9 + 0.5);
	}
	return true;
}

static bool read_key(struct reading *r, const char *section, const char *key, const json_t *value)
{
	char why[200];
	struct sim_field f;
	uint64_t v;
	if (strcmp(key, "list") == 0 && strcmp(section, "arrivals") == 0)
		return read_list(r, section, value, &r->scenario->arrivals.times);
	if (strcmp(key, "list") == 0 && strcmp(section, "service") == 0)
		return read_list(r, section, value, &r->scenario->service);
	if (!sim_field_is_found(section, strlen(section), key, strlen(key), &f)) {
		snprintf(why, sizeof why, "there is no \"%.60s\" in \"%s\"; `forkpool-sim fields` lists what there is", key,
		         section);
		return fail(r, section, key, why);
	}
	if (!is_field_read(&f, value, &v)) {
		sim_field_expect(&f, why);
		return fail(r, section, key, why);
	}
	sim_field_set(r->scenario, &f, v);
	return true;
}

static bool is_section(const char *name)
{
	for (size_t i = 0; i < sim_fields(); i++)
		if (strcmp(sim_field(i).section, name) == 0)
			return true;
	return false;
}

static bool read_section(struct reading *r, const char *section, json_t *object)
{
	const char *key;
	json_t *value;
	if (!json_is_object(object))
		return fail(r, NULL, section, "an object { ... }");
	json_object_foreach(object, key, value) if (!read_key(r, section, key, value)) return false;
	return true;
}

static bool read_text(struct reading *r, const char *key, const json_t *value, char *to, size_t size)
{
	char why[200];
	if (json_is_string(value) && json_string_length(value) < size) {
		memcpy(to, json_string_value(value), json_string_length(value) + 1);
		return true;
	}
	snprintf(why, sizeof why, "%s is a text of at most %zu octets", key, size - 1);
	return fail(r, NULL, key, why);
}

static bool read_top(struct reading *r, const char *key, json_t *value)
{
	char why[200];
	if (strcmp(key, "title") == 0)
		return read_text(r, key, value, r->scenario->title, sizeof r->scenario->title);
	if (strcmp(key, "lesson") == 0)
		return read_text(r, key, value, r->scenario->lesson, sizeof r->scenario->lesson);
	if (strcmp(key, "seed") == 0) {
		if (!json_is_integer(value) || json_integer_value(value) < 0)
			return fail(r, NULL, key, "seed is a whole number, 0 or more");
		r->scenario->seed = (uint64_t)json_integer_value(value);
		return true;
	}
	if (is_section(key))
		return read_section(r, key, value);
	snprintf(why, sizeof why,
	         "\"%.60s\" is none of title, lesson, seed, pool, arrivals, service, link, process, end, faults", key);
	return fail(r, NULL, key, why);
}

static bool read_root(struct reading *r, json_t *root)
{
	char why[200];
	const char *key;
	json_t *value;
	if (!json_is_object(root))
		return fail_at(r, 1, 1, "a scenario is an object { ... }");
	json_object_foreach(root, key, value) if (!read_top(r, key, value)) return false;
	return sim_scenario_is_valid(r->scenario, why) || fail(r, NULL, "pool", why);
}

bool sim_scenario_is_parsed(struct sim_scenario *s, const struct fp_alloc *memory, const char *name, struct fp_span text,
                            char why[SIM_WHY_BYTES_MAX])
{
	struct reading r = {.scenario = s, .memory = memory, .path = name, .text = text, .why = why};
	json_error_t error;
	json_t *root = json_loadb((const char *)text.data, text.len, JSON_REJECT_DUPLICATES, &error);
	if (!root)
		return fail_at(&r, (unsigned)error.line, error.column > 0 ? (unsigned)error.column : 1, error.text);
	bool is_read = read_root(&r, root);
	json_decref(root);
	return is_read;
}

/* All of a file, in memory that grows with what was read. NULL: errno says why not. */
static char *read_all(FILE *f, size_t *len)
{
	size_t cap = 0;
	char *text = NULL;
	*len = 0;
	while (!feof(f) && !ferror(f)) {
		char *larger = *len > FILE_BYTES_MAX ? NULL : realloc(text, cap = 2 * *len + 4096);
		if (!larger) {
			errno = *len > FILE_BYTES_MAX ? EFBIG : ENOMEM;
			free(text);
			return NULL;
		}
		text = larger;
		*len += fread(text + *len, 1, cap - *len, f);
	}
	if (!ferror(f))
		return text;
	free(text);
	return NULL;
}

bool sim_scenario_is_read(struct sim_scenario *s, const struct fp_alloc *memory, const char *path,
                          char why[SIM_WHY_BYTES_MAX])
{
	size_t len = 0;
	FILE *f = fopen(path, "rb");
	char *text = f ? read_all(f, &len) : NULL;
	if (!text)
		snprintf(why, SIM_WHY_BYTES_MAX, "%s: %s", path, strerror(errno));
	if (f)
		fclose(f);
	bool is_read = text && sim_scenario_is_parsed(s, memory, path, (struct fp_span){(const uint8_t *)text, len}, why);
	free(text);
	return is_read;
}
