/* Two readings of a transcript, which have to be the same. Must not know how a text is read. */
#ifndef FP_FUZZ_MODEL_TRANSCRIPT_H
#define FP_FUZZ_MODEL_TRANSCRIPT_H

#include "../../conformance/transcript/transcript.h"

/* Ends by fp_fuzz_found where they differ. Octets are compared as they are laid out, if a line stands for few. */
void fp_model_transcripts_compare(const struct fp_transcripts *a, const struct fp_transcripts *b);

#endif
