/* The program under test. See testee.h. */
#include "testee.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool fp_testee_is_capability(const char *word)
{
	static const char *const words[] = {
		"echo", "void", "nargs", "rev", "size", "fill", "list", "event", "emptyevent", "events", "die", "exit", "retire",
		"limit", "signal", "hold", "free", "post", "twice", "never", "json", /* of a child */
		"call", "error", "failure", "end", "lastid", /* of a parent */
		"min", "min_idle", "max_idle", "busy_time", "idle_time", "restore", "retries", "calls_max", "run_timeout",
		"queue_timeout", "queue_max", "grace", "cancel", "deaf"}; /* of a pool */
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(words[i], word))
			return true;
	return false;
}

bool fp_testee_can(const struct fp_testee *t, const char *capability)
{
	if (t->is_capable_of_all || !strcmp(capability, "echo") || (t->is_json && !strcmp(capability, "json")))
		return true;
	for (size_t i = 0; i < t->n_can; i++)
		if (!strcmp(t->can[i], capability))
			return true;
	return false;
}

char *fp_testee_unfit(const struct fp_testee *t, const struct fp_transcript *c)
{
	if (!(c->mode & (t->is_async ? FP_SECOND : FP_FIRST)))
		return fp_text("for %s mode", t->is_async ? "sync" : "async");
	if (!(c->profile & (t->is_native ? FP_SECOND : FP_FIRST)))
		return fp_text("for the %s profile", t->is_native ? "network" : "native");
	if (c->is_json != t->is_json)
		return fp_text("for the %s serialiser", c->is_json ? "json" : "string");
	for (size_t i = 0; i < c->n_needs; i++)
		if (!fp_testee_can(t, c->needs[i]))
			return fp_text("needs the capability %s: --can %s", c->needs[i], c->needs[i]);
	return NULL;
}

const char *fp_testee_option(const struct fp_transcript *c, const char *name)
{
	for (size_t i = 0; c && i < c->n_options; i++)
		if (!strcmp(c->options[i].name, name))
			return c->options[i].value;
	return NULL;
}

static void set(const char *name, const char *value)
{
	if (value)
		setenv(name, value, 1);
	else
		unsetenv(name);
}

static void set_fd(const char *name, int fd)
{
	char number[16];
	snprintf(number, sizeof number, "%d", fd);
	set(name, fd < 0 ? NULL : number);
}

void fp_testee_environment(const struct fp_testee *t, int fd, int control, const struct fp_transcript *c)
{
	set_fd("FORKPOOL_FD", fd);
	set_fd("FORKPOOL_CONTROL", control);
	set("FORKPOOL_MODE", t->is_async ? "async" : "sync");
	set("FORKPOOL_PROFILE", t->is_native ? "native" : "network");
	set("FORKPOOL_SERIALISER", t->is_json ? "json" : "string");
	set("FORKPOOL_FRAME_MAX", fp_testee_option(c, "frame_bytes_max"));
}

char *fp_testee_command(const char *command, const char *name, int number)
{
	size_t name_len = strlen(name), len;
	char *text;
	FILE *to = open_memstream(&text, &len);
	if (!to)
		abort();
	while (*command) {
		if (!strncmp(command, name, name_len)) {
			fprintf(to, "%d", number);
			command += name_len;
		} else {
			fputc(*command++, to);
		}
	}
	fclose(to);
	return text;
}
