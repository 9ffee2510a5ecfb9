/* The octets of the command stream between a process object and its process (clauses TPL-1 to TPL-8), and of the reports
 * that a template of ours sends back where its pool asked for them. Must not know pools or workers. */
#ifndef FP_IO_COMMAND_H
#define FP_IO_COMMAND_H

#include "../core/buf.h"

#include <sys/types.h>

/* A command: a letter, a 32-bit length in host byte order, so many octets. */
#define FP_COMMAND_HEAD 5u /* octets */
#define FP_COMMAND_BYTES_MAX ((uint32_t)16 << 20) /* octets: a longer command is refused */
enum fp_command { FP_COMMAND_ARGS = 'a', FP_COMMAND_EVAL = 'e', FP_COMMAND_FD = 'h', FP_COMMAND_FORK = 'f', FP_COMMAND_RUN = 'r' };

/* Appends a command. FP_NOMEM, FP_TOO_LONG. */
enum fp_reason fp_command_put(struct fp_buf *out, enum fp_command letter, const void *payload, size_t len);
enum fp_reason fp_command_put_items(struct fp_buf *out, enum fp_command letter, const struct fp_item *items, size_t n);
uint32_t fp_command_len(const uint8_t head[FP_COMMAND_HEAD]);

/* Words of the original's start-up (clause INI-1). */
extern const char fp_command_require[];        /* the fixed line that loads the names behind it */
extern const char fp_command_string_source[];  /* the string serialiser as the original sends it */
extern const char fp_command_json_source[];
#define FP_COMMAND_SYNC_MODULE "AnyEvent/Fork/RPC/Sync"
#define FP_COMMAND_ASYNC_MODULE "AnyEvent/Fork/RPC/Async"
#define FP_COMMAND_SYNC_RUN "AnyEvent::Fork::RPC::Sync::run"
#define FP_COMMAND_ASYNC_RUN "AnyEvent::Fork::RPC::Async::run"
#define FP_COMMAND_SYNC_DONE "AnyEvent::Fork::RPC::Sync::do_exit"
#define FP_COMMAND_ASYNC_DONE "AnyEvent::Fork::RPC::Async::do_exit"
#define FP_COMMAND_SHELL_RUN "forkpool::command" /* ours: runs a shell command on the socket as descriptors 0 and 1 */

#define FP_COMMAND_SETTING "forkpool::set" /* ours, as the source of an eval: a setting's name and value follow */

/* What became of a fork. The record of a start carries the pidfd on its first octet
 * and, where the pool has set outbox, the shared memory on its second. */
enum fp_report_kind { FP_REPORT_STARTED, FP_REPORT_FAILED /* value: errno */, FP_REPORT_EXITED /* value: wait status */ };
struct fp_report {
	uint32_t fork; /* the number of the `f` command on this stream, from 1 */
	uint32_t kind;
	int32_t pid;
	int32_t value;
};

#endif
