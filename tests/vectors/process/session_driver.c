/* Makes a recorded session through the public API: a template, a pool with one worker, its calls. Each callback is a line of
 * JSON on standard output: ["result", ...], ["event", ...], ["destroy"], ["error", text], ["outcome", name].
 *
 * Its argument: {"command":[argv of the template], "require":[names], "template_args":[...], "args":[...], "init":name,
 * "function":name, "async":bool, "serialiser":name, "pipeline":bool, "calls":[[...]]}. With template_args the pool forks from a
 * template that has them, else it has its own. Calls follow each other's results, or in a pipeline all come at once. */
#include "driver.h"

#include <ev.h>
#include <stdio.h>

struct session {
	const json_t *words;
	struct fp_pool *pool;
	size_t called, answered;
	int status;
};

/* ---- items ---- */

static struct fp_item item_of(const json_t *value)
{
	if (json_is_string(value))
		return (struct fp_item){json_string_value(value), json_string_length(value), FP_STRING};
	char *text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
	return (struct fp_item){text, text ? strlen(text) : 0, FP_VALUE};
}

static void items_free(struct fp_item *items, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].kind == FP_VALUE)
			free((void *)(uintptr_t)items[i].data);
	free(items);
}

static struct fp_item *items_of(const json_t *list)
{
	struct fp_item *items = driver_alloc(json_array_size(list), sizeof *items);
	for (size_t i = 0; i < json_array_size(list); i++)
		items[i] = item_of(json_array_get(list, i));
	return items;
}

static json_t *json_of(const struct fp_item *item)
{
	return item->kind == FP_VALUE ? json_loadb(item->data, item->len, JSON_DECODE_ANY, NULL)
	                              : json_stringn(item->len ? item->data : "", item->len);
}

static void say(const char *what, const struct fp_item *items, size_t n)
{
	json_t *line = json_pack("[s]", what);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(line, json_of(&items[i]));
	json_dumpf(line, stdout, JSON_COMPACT);
	putchar('\n');
	json_decref(line);
}

static void say_text(const char *what, const char *text)
{
	say(what, &(struct fp_item){text, strlen(text), FP_STRING}, 1);
}

/* ---- calls ---- */

static void on_result(void *data, const struct fp_result *result);

static bool call_next(struct session *s)
{
	const json_t *args = json_array_get(json_object_get(s->words, "calls"), s->called);
	if (!args)
		return false;
	struct fp_item *items = items_of(args);
	s->called++;
	driver_check(fp_pool_call(s->pool, items, json_array_size(args), NULL, on_result, s, NULL), "call");
	items_free(items, json_array_size(args));
	return true;
}

static void on_result(void *data, const struct fp_result *result)
{
	struct session *s = data;
	s->answered++;
	if (result->outcome == FP_OK)
		say("result", result->items, result->n);
	else
		say_text("outcome", fp_outcome_name(result->outcome));
	if (!call_next(s) && s->answered == s->called)
		fp_pool_destroy(s->pool);
}

static void on_event(void *data, const struct fp_event *event)
{
	(void)data;
	say("event", event->items, event->n);
}

static void on_error(void *data, const struct fp_error *error)
{
	struct session *s = data;
	s->status = 1;
	say_text("error", error->text);
}

static void on_destroy(void *data)
{
	(void)data;
	say("destroy", NULL, 0);
	ev_break(EV_DEFAULT_ EVBREAK_ALL);
}

/* ---- the whole ---- */

static const char *word(const struct session *s, const char *name)
{
	return json_string_value(json_object_get(s->words, name));
}

static const json_t *list(const struct session *s, const char *name)
{
	return json_object_get(s->words, name);
}

static struct fp_template *make_template(struct session *s, const char *const *command, const char *const *require)
{
	struct fp_template *t = fp_template_new(EV_DEFAULT, command);
	struct fp_item *items = items_of(list(s, "template_args"));
	if (!t)
		err(1, "template");
	driver_check(fp_template_require(t, require), "require");
	driver_check(fp_template_send_arg(t, items, json_array_size(list(s, "template_args"))), "send_arg");
	free(items);
	return t;
}

static void make_pool(struct session *s, struct fp_template *t, const char *const *command, const char *const *require)
{
	struct fp_options o;
	char why[256];
	fp_options_init(&o);
	o.max = 1;
	o.load = 8;
	o.from_template = t;
	o.template_command = t ? NULL : command;
	o.require = t ? NULL : require;
	o.init = word(s, "init");
	struct fp_item *args = items_of(list(s, "args"));
	o.init_args = args;
	o.init_args_n = json_array_size(list(s, "args"));
	o.async = json_is_true(json_object_get(s->words, "async"));
	o.serialiser = word(s, "serialiser");
	o.data = s;
	o.on_error = on_error;
	o.on_event = on_event;
	o.on_destroy = on_destroy;
	s->pool = fp_pool_new(EV_DEFAULT, word(s, "function"), &o, why);
	free(args);
	if (!s->pool)
		errx(1, "pool: %s", why);
}

int main(int argc, char **argv)
{
	json_t *words = driver_read(argc, argv);
	struct session s = {.words = words};
	const char **command = driver_strings(list(&s, "command")), **require = driver_strings(list(&s, "require"));
	struct fp_template *t = list(&s, "template_args") ? make_template(&s, command, require) : NULL;
	make_pool(&s, t, command, require);
	bool is_pipeline = json_is_true(json_object_get(words, "pipeline"));
	while (call_next(&s) && is_pipeline)
		;
	ev_run(EV_DEFAULT_ 0);
	fp_template_free(t);
	free(command);
	free(require);
	json_decref(words);
	return s.status;
}
