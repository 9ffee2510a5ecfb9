/* What sets a template up: arguments, descriptors, code. The contracts are in forkpool.h and template.h. */
#include "template_inside.h"

#include "../core/args.h"
#include "sys.h"

#include <stdlib.h>

static enum fp_reason queue_buf(struct fp_template *t, struct fp_buf *b, bool is_setup)
{
	struct fp_span s = fp_buf_front(b);
	enum fp_reason r = fp_template_queue(t, fp_chunk_new(s.data, s.len, -1), is_setup);
	fp_buf_fini(b);
	return r;
}

static enum fp_reason queue_items(struct fp_template *t, enum fp_command letter, const struct fp_item *items, size_t n)
{
	struct fp_buf b;
	fp_buf_init(&b, &fp_sys_alloc, SIZE_MAX);
	enum fp_reason r = fp_command_put_items(&b, letter, items, n);
	if (!r)
		return queue_buf(t, &b, true);
	fp_buf_fini(&b);
	return r;
}

enum fp_reason fp_template_send_arg(struct fp_template *t, const struct fp_item *args, size_t n)
{
	return queue_items(t, FP_COMMAND_ARGS, args, n);
}

enum fp_reason fp_template_eval(struct fp_template *t, const char *source, const struct fp_item *args, size_t n)
{
	struct fp_args list;
	fp_args_init(&list, &fp_sys_alloc, 0);
	enum fp_reason r = fp_args_refer(&list, fp_item_str(source));
	for (size_t i = 0; !r && i < n; i++)
		r = fp_args_refer(&list, args[i]);
	if (!r)
		r = queue_items(t, FP_COMMAND_EVAL, list.items, list.n);
	fp_args_fini(&list);
	return r;
}

/* A::B is the file A/B. */
static size_t copy_file_name(char *to, const char *name)
{
	size_t n = 0;
	for (; *name; name++) {
		if (name[0] == ':' && name[1] == ':') {
			to[n++] = '/';
			name++;
		} else {
			to[n++] = *name;
		}
	}
	return n;
}

enum fp_reason fp_template_require(struct fp_template *t, const char *const *names)
{
	struct fp_args list;
	fp_args_init(&list, &fp_sys_alloc, FP_COMMAND_BYTES_MAX);
	enum fp_reason r = fp_args_copy(&list, fp_item_str(fp_command_require));
	for (size_t i = 0; !r && names[i]; i++) {
		char *file = malloc(strlen(names[i]) + 1);
		r = file ? fp_args_copy(&list, (struct fp_item){file, copy_file_name(file, names[i]), FP_STRING}) : FP_NOMEM;
		free(file);
	}
	if (!r)
		r = queue_items(t, FP_COMMAND_EVAL, fp_args_seal(&list), list.n);
	fp_args_fini(&list);
	return r;
}

enum fp_reason fp_template_send_fd(struct fp_template *t, int fd)
{
	static const uint8_t octet;
	struct fp_buf b;
	int copy = fp_sys_dup(fd);
	if (copy < 0)
		return FP_INVALID;
	fp_buf_init(&b, &fp_sys_alloc, SIZE_MAX);
	enum fp_reason r = fp_command_put(&b, FP_COMMAND_FD, NULL, 0);
	if (!r)
		r = queue_buf(t, &b, true);
	struct fp_chunk *c = r ? NULL : fp_chunk_new(&octet, 1, copy);
	if (c)
		return fp_template_queue(t, c, true);
	fp_sys_close(copy);
	return FP_NOMEM;
}

enum fp_reason fp_template_set(struct fp_template *t, const char *name, const char *value)
{
	struct fp_item args[] = {fp_item_str(name), fp_item_str(value)};
	return fp_template_is_ours(t) ? fp_template_eval(t, FP_COMMAND_SETTING, args, 2) : FP_NONE;
}
