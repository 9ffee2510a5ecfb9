/* What every fuzz target exports, whatever drives it: libFuzzer, AFL++, or the plain replay program.
 *
 * A target does no input or output. It judges one input and returns; where a promise is broken it calls fp_fuzz_found,
 * which does not return. An input is what came over the wire and nothing else; where a harness has to choose (where to
 * cut, what fails, what the other side does), it reads the same octets from their end (rig/choices.h). */
#ifndef FP_FUZZ_TARGET_H
#define FP_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>

struct fp_story;

/* What the mutator may know of an input. */
enum fp_fuzz_shape { FP_SHAPE_FRAMES, FP_SHAPE_LIST, FP_SHAPE_CHOICES, FP_SHAPE_TEXT };

struct fp_fuzz_target {
	const char *name;
	enum fp_fuzz_shape shape;
	const char *input;  /* what the octets are, one line */
	const char *checks; /* what is asserted, one line */
};

extern const struct fp_fuzz_target fp_fuzz_target;

void fp_fuzz_one(const uint8_t *data, size_t len);
/* Tells what the input is and what becomes of it; may end by fp_fuzz_found, as fp_fuzz_one may. */
void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *story);

/* The driver's: reports a broken promise and ends. Oracles: cuts, decoder, model, memory, allocation, roundtrip, perl. */
_Noreturn void fp_fuzz_found(const char *oracle, const char *what);

#endif
