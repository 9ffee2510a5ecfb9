/* Code and settings that a process is given. See serve_inside.h. */
#include "serve_inside.h"

#include "command.h"
#include "module.h"

#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Modules of the original that this program stands in for. */
static bool is_built_in(struct fp_item name)
{
	static const char prefix[] = "AnyEvent/Fork";
	return name.len >= sizeof prefix - 1 && memcmp(name.data, prefix, sizeof prefix - 1) == 0;
}

static void load(struct serve *s, struct fp_item name)
{
	char text[PATH_MAX];
	if (is_built_in(name))
		return;
	fp_copy_text(text, sizeof text, name.data, name.len);
	const char *why = fp_module_load(text);
	if (why)
		fp_serve_complain(s, "require", why);
}

static bool is_text(const struct fp_item *item, const char *text)
{
	return item->len == strlen(text) && memcmp(item->data, text, item->len) == 0;
}

/* C source: compiled and loaded; its function `eval_main`, if it has one, gets the arguments. */
static void compile(struct serve *s)
{
	const char *why = fp_module_compile(s->list.items[0]);
	if (why) {
		fp_serve_complain(s, "eval", why);
		return;
	}
	fp_eval_function *eval_main = (fp_eval_function *)(uintptr_t)fp_module_find_newest("eval_main");
	if (eval_main && eval_main(s->list.items + 1, s->list.n - 1) < 0)
		fp_serve_complain(s, "eval", "eval_main failed");
}

static uint32_t number(const struct fp_item *item)
{
	char text[16];
	fp_copy_text(text, sizeof text, item->data, item->len);
	return (uint32_t)strtoul(text, NULL, 10);
}

static void remember(const struct fp_item *name)
{
	char text[256];
	fp_copy_text(text, sizeof text, name->data, name->len);
	fp_module_remember(text);
}

/* A setting of forkpool's own. */
static void set(struct serve *s)
{
	const struct fp_item *name = &s->list.items[1], *value = &s->list.items[2];
	if (s->list.n == 3 && is_text(name, "profile"))
		s->options.profile = is_text(value, "native") ? FP_NATIVE : FP_NETWORK;
	else if (s->list.n == 3 && is_text(name, "frame_bytes_max"))
		s->options.payload_max = number(value);
	else if (s->list.n == 3 && is_text(name, "outbox"))
		s->options.outbox = s->options.report && is_text(value, "1");
	else if (s->list.n == 3 && is_text(name, "function"))
		remember(value);
	else
		fp_serve_complain(s, "eval", "an unknown setting");
}

void fp_serve_eval(struct serve *s)
{
	if (!fp_serve_read_list(s) || !s->list.n)
		return;
	if (is_text(&s->list.items[0], FP_COMMAND_SETTING)) {
		set(s);
		return;
	}
	if (is_text(&s->list.items[0], fp_command_require)) {
		for (size_t i = 1; i < s->list.n && !s->is_over; i++)
			load(s, s->list.items[i]);
		return;
	}
	fp_eval_function *hook = (fp_eval_function *)(uintptr_t)fp_module_find("forkpool_eval");
	int r = hook ? hook(s->list.items, s->list.n) : 0;
	if (r < 0)
		fp_serve_complain(s, "eval", "it failed");
	else if (r == 0)
		compile(s);
}
