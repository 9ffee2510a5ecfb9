/* The octets of the command stream. See command.h. */
#include "command.h"

#include "../core/args.h"

const char fp_command_require[] = "require \"$_.pm\" for @_";
const char fp_command_string_source[] = "(sub { pack \"(w/a*)*\", @_ }, sub { unpack \"(w/a*)*\", shift })";
const char fp_command_json_source[] = "use JSON (); (sub { JSON::encode_json \\@_ }, sub { @{ JSON::decode_json shift } })";

static void put_head(uint8_t *head, enum fp_command letter, size_t len)
{
	uint32_t n = (uint32_t)len;
	head[0] = (uint8_t)letter;
	memcpy(head + 1, &n, sizeof n);
}

uint32_t fp_command_len(const uint8_t head[FP_COMMAND_HEAD])
{
	uint32_t n;
	memcpy(&n, head + 1, sizeof n);
	return n;
}

enum fp_reason fp_command_put(struct fp_buf *out, enum fp_command letter, const void *payload, size_t len)
{
	uint8_t head[FP_COMMAND_HEAD];
	size_t before = fp_buf_len(out);
	if (len > FP_COMMAND_BYTES_MAX)
		return FP_TOO_LONG;
	put_head(head, letter, len);
	enum fp_reason r = fp_buf_put(out, head, sizeof head);
	if (!r)
		r = fp_buf_put(out, payload, len);
	if (r)
		fp_buf_cut(out, before);
	return r;
}

enum fp_reason fp_command_put_items(struct fp_buf *out, enum fp_command letter, const struct fp_item *items, size_t n)
{
	size_t before = fp_buf_len(out);
	enum fp_reason r = fp_command_put(out, letter, NULL, 0);
	if (r)
		return r;
	r = fp_args_freeze(&fp_string_serialiser, items, n, out);
	size_t len = fp_buf_len(out) - before - FP_COMMAND_HEAD;
	if (!r && len > FP_COMMAND_BYTES_MAX)
		r = FP_TOO_LONG;
	if (r)
		fp_buf_cut(out, before);
	else
		put_head(out->data + out->head + before, letter, len);
	return r;
}
