/* Makes recorded calls of process objects through the public API, then stays until end of file on standard input.
 *
 * Its argument: {"command":[argv of the template], "calls":[{"object":name, "method":word, "args":[...]}]}. The object p is
 * there at the start. Arguments of eval, require and send_arg are hex. send_fh sends standard input. A template cannot be told
 * to run a function: run makes a pool with one worker from it, as `r` commands are for workers. */
#include "driver.h"

#include <ev.h>
#include <unistd.h>

#define OBJECTS_MAX 8

static struct object {
	const char *name;
	struct fp_template *template;
	struct fp_pool *pool;
} objects[OBJECTS_MAX];

static struct object *find_object(const char *name)
{
	for (struct object *o = objects; o < objects + OBJECTS_MAX; o++)
		if (!o->name || strcmp(o->name, name) == 0)
			return o;
	errx(2, "too many objects");
}

static void make_object(const char *name, struct fp_template *t)
{
	if (!t)
		err(1, "template %s", name);
	*find_object(name) = (struct object){.name = name, .template = t};
}

/* Octets of hex digits, with a NUL behind them. */
static char *unhex(const char *hex)
{
	size_t n = strlen(hex) / 2;
	char *octets = driver_alloc(n + 1, 1);
	for (size_t i = 0; i < n; i++) {
		char digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};
		octets[i] = (char)strtoul(digits, NULL, 16);
	}
	return octets;
}

/* ---- methods ---- */

typedef enum fp_reason method(struct object *o, const char **args, size_t n);

static struct fp_item *items_of(const char **args, size_t n)
{
	struct fp_item *items = driver_alloc(n, sizeof *items);
	for (size_t i = 0; i < n; i++)
		items[i] = fp_item_str(args[i]);
	return items;
}

static enum fp_reason do_eval(struct object *o, const char **args, size_t n)
{
	struct fp_item *items = items_of(args + 1, n - 1);
	enum fp_reason r = fp_template_eval(o->template, args[0], items, n - 1);
	free(items);
	return r;
}

static enum fp_reason do_require(struct object *o, const char **args, size_t n)
{
	(void)n;
	return fp_template_require(o->template, args);
}

static enum fp_reason do_send_arg(struct object *o, const char **args, size_t n)
{
	struct fp_item *items = items_of(args, n);
	enum fp_reason r = fp_template_send_arg(o->template, items, n);
	free(items);
	return r;
}

static enum fp_reason do_send_fh(struct object *o, const char **args, size_t n)
{
	(void)args;
	(void)n;
	return fp_template_send_fd(o->template, STDIN_FILENO);
}

static enum fp_reason do_fork(struct object *o, const char **args, size_t n)
{
	(void)n;
	make_object(args[0], fp_template_fork(o->template));
	return FP_NONE;
}

static enum fp_reason do_run(struct object *o, const char **args, size_t n)
{
	struct fp_options options;
	char why[256];
	(void)n;
	fp_options_init(&options);
	options.min = options.max = 1;
	options.from_template = o->template;
	o->pool = fp_pool_new(EV_DEFAULT, args[0], &options, why);
	if (!o->pool)
		errx(1, "pool: %s", why);
	return FP_NONE;
}

static const struct {
	const char *name;
	method *call;
	bool is_hex;
} methods[] = {
	{"eval", do_eval, true},       {"require", do_require, true}, {"send_arg", do_send_arg, true},
	{"send_fh", do_send_fh, false}, {"fork", do_fork, false},      {"run", do_run, false},
};

static void carry_out(const json_t *call)
{
	const char *name = json_string_value(json_object_get(call, "method"));
	const json_t *list = json_object_get(call, "args");
	size_t n = json_array_size(list), m = 0;
	const char **args = driver_strings(list);
	char **copies = driver_alloc(n, sizeof *copies);
	while (m < sizeof methods / sizeof *methods && strcmp(methods[m].name, name) != 0)
		m++;
	if (m == sizeof methods / sizeof *methods)
		errx(2, "%s: no such method", name);
	for (size_t i = 0; methods[m].is_hex && i < n; i++)
		args[i] = copies[i] = unhex(args[i]);
	driver_check(methods[m].call(find_object(json_string_value(json_object_get(call, "object"))), args, n), name);
	for (size_t i = 0; i < n; i++)
		free(copies[i]);
	free(copies);
	free(args);
}

/* ---- the whole ---- */

static void on_input(struct ev_loop *loop, ev_io *io, int events)
{
	char octet;
	(void)events;
	if (read(io->fd, &octet, 1) <= 0)
		ev_break(loop, EVBREAK_ALL);
}

int main(int argc, char **argv)
{
	json_t *words = driver_read(argc, argv);
	const json_t *calls = json_object_get(words, "calls");
	const char **command = driver_strings(json_object_get(words, "command"));
	ev_io input;
	ev_io_init(&input, on_input, STDIN_FILENO, EV_READ);
	ev_io_start(EV_DEFAULT_ &input);
	make_object("p", fp_template_new(EV_DEFAULT, command));
	for (size_t i = 0; i < json_array_size(calls); i++)
		carry_out(json_array_get(calls, i));
	ev_run(EV_DEFAULT_ 0);
	for (struct object *o = objects; o < objects + OBJECTS_MAX && o->name; o++)
		if (!o->pool)
			fp_template_free(o->template);
	free(command);
	json_decref(words);
	return 0;
}
