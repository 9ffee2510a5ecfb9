/* Target: the parser of transcripts. What it takes it prints, and that reads as the same. Must not know what a case means. */
#include <stdlib.h>
#include <string.h>

#include "../models/transcript.h"
#include "../rig/fault.h"
#include "../rig/story.h"
#include "../target.h"

#define NAME "input"

const struct fp_fuzz_target fp_fuzz_target = {
	"transcript", FP_SHAPE_TEXT, "the text of a file of cases",
	"what is read is printed and read again as the same lines and octets; a fault is one line, at a place that is there"};

static char *print(const struct fp_transcripts *t)
{
	char *text;
	size_t len;
	FILE *to = open_memstream(&text, &len);
	for (size_t i = 0; i < t->n; i++)
		fp_transcript_print(&t->cases[i], to);
	fclose(to);
	return text;
}

void fp_fuzz_one(const uint8_t *data, size_t len)
{
	struct fp_transcripts first, again;
	struct fp_fault fault;
	if (!fp_transcripts_parse(&first, NAME, (const char *)data, len, &fault)) {
		fp_fault_check(fault.text, NAME, data, len);
		return;
	}
	char *text = print(&first);
	if (!fp_transcripts_parse(&again, NAME, text, strlen(text), &fault))
		fp_fuzz_found("roundtrip", "what was printed is not read again");
	fp_model_transcripts_compare(&first, &again);
	free(text);
	fp_transcripts_fini(&first);
	fp_transcripts_fini(&again);
}

void fp_fuzz_explain(const uint8_t *data, size_t len, struct fp_story *s)
{
	struct fp_transcripts t;
	struct fp_fault fault;
	if (!fp_transcripts_parse(&t, NAME, (const char *)data, len, &fault)) {
		fp_story_tell(s, "  refused: %s\n", fault.text);
		return;
	}
	for (size_t i = 0; i < t.n; i++)
		fp_story_tell(s, "  case %s: %zu lines\n", t.cases[i].name, t.cases[i].n_lines);
	fp_transcripts_fini(&t);
}
