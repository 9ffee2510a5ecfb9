/* The pool under test is made. See pool_inside.h. */
#include "pool_inside.h"

#include <err.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static bool set_number(struct fp_options *o, const char *name, uint64_t v)
{
#define NUMBER(member, unit) {#member, offsetof(struct fp_options, member), sizeof o->member, unit}
#define TIME(member) {#member, offsetof(struct fp_options, member##_ns), sizeof o->member##_ns, FP_MS}
	const struct {
		const char *name;
		size_t at, size;
		uint64_t unit;
	} numbers[] = {NUMBER(min, 1),     NUMBER(max, 1),       NUMBER(min_idle, 1),  NUMBER(max_idle, 1), NUMBER(load, 1),
	               NUMBER(retries, 1), NUMBER(calls_max, 1), NUMBER(queue_max, 1), NUMBER(frame_bytes_max, 1),
	               TIME(busy_time),    TIME(idle_time),      TIME(run_timeout),    TIME(queue_timeout), TIME(grace)};
	for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
		char *to = (char *)o + numbers[i].at;
		if (strcmp(name, numbers[i].name) != 0)
			continue;
		if (numbers[i].size == 4)
			*(uint32_t *)(void *)to = (uint32_t)v;
		else
			*(uint64_t *)(void *)to = v * numbers[i].unit;
		return true;
	}
	return false;
}

static void set_option(struct fp_options *o, char *word)
{
	char *value = strchr(word, '=');
	if (!value)
		errx(2, "open %s: NAME=VALUE is expected", word);
	*value++ = '\0';
	if (strcmp(word, "command") == 0)
		o->command = strndup(value, control_unhex(value));
	else if (strcmp(word, "mode") == 0)
		o->async = strcmp(value, "async") == 0;
	else if (strcmp(word, "deaf") == 0)
		o->on_event = atoi(value) ? NULL : o->on_event;
	else if (strcmp(word, "profile") == 0)
		o->profile = strcmp(value, "native") == 0 ? FP_NATIVE : FP_NETWORK;
	else if (!set_number(o, word, strtoull(value, NULL, 10)))
		errx(2, "open %s: no such option", word);
}

void open_pool(struct ev_loop *loop, size_t n_words)
{
	struct fp_options options;
	char why[256];
	fp_options_init(&options);
	options.on_event = on_event;
	options.on_error = on_error;
	options.on_destroy = on_destroy;
	for (size_t i = 1; i < n_words; i++)
		set_option(&options, control.words[i]);
	pool = fp_pool_new(loop, NULL, &options, why);
	if (!pool)
		errx(1, "%s", why);
}
