/* What a worker's function calls: results, events, deferred answers. The contracts are in forkpool.h. */
#include "work.h"

#include "../core/list.h" /* FP_OWNER */
#include "../core/retire.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

/* ---- results ---- */

enum fp_reason fp_put_item(struct fp_task *task, const struct fp_item *item)
{
	return fp_child_put(&task->work->child, item);
}

enum fp_reason fp_put(struct fp_task *task, const void *data, size_t len)
{
	return fp_put_item(task, &(struct fp_item){data, len, FP_STRING});
}

enum fp_reason fp_put_str(struct fp_task *task, const char *s)
{
	return fp_put(task, s, strlen(s));
}

static enum fp_reason put_number(struct fp_task *task, const char *text)
{
	return fp_put_item(task, &(struct fp_item){text, strlen(text), FP_VALUE});
}

enum fp_reason fp_put_int(struct fp_task *task, int64_t v)
{
	char text[32];
	snprintf(text, sizeof text, "%" PRId64, v);
	return put_number(task, text);
}

enum fp_reason fp_put_double(struct fp_task *task, double v)
{
	char text[32];
	snprintf(text, sizeof text, "%.15g", v);
	return put_number(task, text);
}

/* ---- events ---- */

enum fp_reason fp_event(const struct fp_item *items, size_t n)
{
	struct fp_work *w = fp_work;
	if (!w || w->pid != (int)getpid() || !w->is_serving)
		return FP_CLOSED;
	enum fp_reason r = fp_child_event(&w->child, items, n);
	/* a sync worker has nobody else who would send it while the function runs on */
	if (!r && !w->options.async && !fp_work_write(w, true))
		return FP_WRITE;
	return r;
}

enum fp_reason fp_retire(void)
{
	struct fp_item items[FP_RETIRE_ITEMS];
	fp_retire_make(items);
	return fp_event(items, FP_RETIRE_ITEMS);
}

/* ---- answers that come later ---- */

/* Arguments that outlive their request: the items and behind them their octets. */
struct kept {
	size_t size; /* octets of this allocation */
	struct fp_item items[];
};

static struct kept *keep_items(const struct fp_alloc *alloc, const struct fp_item *items, size_t n)
{
	size_t size = sizeof(struct kept) + n * sizeof *items;
	for (size_t i = 0; i < n; i++)
		size += items[i].len;
	struct kept *k = fp_alloc_get(alloc, size);
	if (!k)
		return NULL;
	k->size = size;
	uint8_t *at = (uint8_t *)(k->items + n);
	for (size_t i = 0; i < n; i++) {
		k->items[i] = (struct fp_item){at, items[i].len, items[i].kind};
		fp_copy(at, items[i].data, items[i].len);
		at += items[i].len;
	}
	return k;
}

struct fp_done fp_defer(struct fp_task *task)
{
	const struct fp_request *r = &task->request;
	struct fp_done done = {.id = r->id, .n = r->n};
	if (!task->work->options.async || task->is_deferred)
		return done;
	struct kept *args = keep_items(&task->work->slab.alloc, r->items, r->n);
	if (!args)
		return done;
	task->is_deferred = true;
	done.serial = r->serial;
	done.args = args->items;
	return done;
}

enum fp_reason fp_done(struct fp_done done, const struct fp_item *items, size_t n)
{
	if (!fp_work || !done.serial)
		return FP_CLOSED;
	enum fp_reason r = fp_child_reply(&fp_work->child, done.id, done.serial, items, n);
	if (!r) {
		struct kept *args = FP_OWNER((uintptr_t)done.args, struct kept, items);
		fp_alloc_put(&fp_work->slab.alloc, args, args->size);
	}
	return r;
}

struct ev_loop *fp_child_loop(void)
{
	return fp_work ? fp_work->loop : NULL;
}
