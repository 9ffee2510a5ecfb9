/* How the two ends of a connection speak; both must be told the same. Must not know either end. */
#ifndef FP_CORE_WIRE_H
#define FP_CORE_WIRE_H

#include "args.h"

struct fp_wire {
	enum fp_profile profile;
	bool async;
	uint32_t payload_max; /* octets */
	const struct fp_serialiser *serialiser;
};

#endif
