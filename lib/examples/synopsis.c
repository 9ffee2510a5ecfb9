/* A pool in one page: ten calls to the function `echo` of the module `echo`, in worker processes.
 *
 *   usage: synopsis [MODULE]     MODULE: the name of a module, or the path of a shared object */
#include <ev.h>
#include <forkpool.h>
#include <stdio.h>

static void on_result(void *data, const struct fp_result *r)
{
	int *failed = data;

	if (r->outcome != FP_OK) {
		printf("a call %s\n", fp_outcome_name(r->outcome));
		++*failed;
		return;
	}
	printf("worker %llu returned", (unsigned long long)r->worker);
	for (size_t i = 0; i < r->n; i++)
		printf(" %.*s", (int)r->items[i].len, (const char *)r->items[i].data);
	putchar('\n');
}

static void on_error(void *data, const struct fp_error *error)
{
	(void)data;
	fprintf(stderr, "synopsis: %s\n", error->text);
}

static void on_destroy(void *data)
{
	(void)data;
	puts("all workers have ended");
}

int main(int argc, char **argv)
{
	const char *const modules[] = {argc > 1 ? argv[1] : "echo", NULL};
	struct ev_loop *loop = ev_default_loop(0);
	struct fp_options options;
	struct fp_pool *pool;
	char why[256], number[12];
	int failed = 0;

	fp_options_init(&options);       /* the values below are the defaults, but for the names and callbacks */
	options.min = 0;                 /* workers that always exist */
	options.max = 8;                 /* never more than this */
	options.min_idle = 0;            /* start another when fewer are idle */
	options.max_idle = 1;            /* stop some when more are idle ... */
	options.idle_time_ns = 1 * FP_S; /* ... for this long */
	options.load = 2;                /* calls given to one worker at a time */
	options.busy_time_ns = 0;        /* all must be busy this long before another is started */
	options.run_timeout_ns = 0;      /* a call may run as long as it likes */
	options.require = modules;       /* shared objects that workers share */
	options.async = false;           /* the function answers when it returns */
	options.serialiser = "string";   /* arguments and results are octet strings */
	options.on_error = on_error;     /* a worker failed */
	options.on_destroy = on_destroy; /* once, last */

	pool = fp_pool_new(loop, "echo", &options, why);
	if (!pool) {
		fprintf(stderr, "synopsis: %s\n", why);
		return 1;
	}
	for (int i = 1; i <= 10; i++) {
		snprintf(number, sizeof number, "%d", i);
		struct fp_item args[] = {fp_item_str("doit"), fp_item_str(number)};
		if (fp_pool_call(pool, args, 2, NULL, on_result, &failed, NULL))
			failed++;
	}
	fp_pool_destroy(pool); /* when all is done */
	ev_run(loop, 0);
	return failed > 0;
}
