/* The connection of the parent under test. See parent_inside.h. */
#include "parent_inside.h"

#include "../../lib/io/serialiser.h"
#include "../../lib/io/sys.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *told(const char *variable)
{
	const char *value = getenv(variable);
	return value ? value : "";
}

void open_wire(void)
{
	uint32_t limit = (uint32_t)strtoul(told("FORKPOOL_FRAME_MAX"), NULL, 10);
	struct fp_wire wire = {.profile = strcmp(told("FORKPOOL_PROFILE"), "native") == 0 ? FP_NATIVE : FP_NETWORK,
	                       .async = strcmp(told("FORKPOOL_MODE"), "async") == 0,
	                       .payload_max = limit ? limit : FP_FRAME_BYTES_MAX_DEFAULT,
	                       .serialiser = fp_serialiser_by_name("string")};
	int channel = atoi(told("FORKPOOL_CONTROL"));
	reading = atoi(told("FORKPOOL_FD"));
	writing = reading ? reading : 1;
	control_init(&control, reading ? 0 : channel, reading ? 1 : channel);
	fp_sys_set_blocking(reading, false);
	fp_sys_set_blocking(writing, false);
	fp_parent_init(&parent, &fp_sys_alloc, &wire);
}

void receive(void)
{
	struct fp_space space;
	if (fp_parent_rx_buf(&parent, &space))
		return;
	ssize_t n = fp_sys_read(reading, space.data, space.len);
	if (n > 0)
		fp_parent_rx_ack(&parent, (size_t)n);
	else if (n == 0 || n == -ECONNRESET) /* a child that ends with requests unread resets */
		fp_parent_rx_eof(&parent);
	else if (n != -EAGAIN)
		fp_parent_rx_error(&parent, FP_READ);
}

void send_on(void)
{
	struct fp_span out = fp_parent_tx_buf(&parent);
	ssize_t n = out.len ? fp_sys_write(writing, out.data, out.len) : 0;
	if (n >= 0)
		fp_parent_tx_ack(&parent, (size_t)n);
	else if (n != -EAGAIN)
		fp_parent_tx_error(&parent);
	if (is_half_closed || !fp_parent_is_half_close_due(&parent))
		return;
	is_half_closed = true;
	if (shutdown(writing, SHUT_WR) < 0) /* a pipe */
		close(writing);
}
