/* What became of one play of one case: the judge fills it in, reports and --known read it. Must not know processes or sockets. */
#ifndef FP_JUDGE_VERDICT_H
#define FP_JUDGE_VERDICT_H

#include "../transcript/transcript.h"

struct fp_spec;

enum fp_judgement {
	FP_PASS,
	FP_WARN,   /* a SHOULD is not kept, or something is otherwise that nobody has specified: does not fail anyone */
	FP_FAIL,   /* a MUST is not kept, or of what a MAY leaves open none was chosen */
	FP_SKIP,   /* a capability was not declared, or the case is for another mode, profile or serialiser */
	FP_HARNESS /* the suite's own fault */
};
#define FP_JUDGEMENTS 5
const char *fp_judgement_name(enum fp_judgement j); /* "pass" … "error" */

/* One thing that was seen, in the order in which it was seen: for the annotated text and the sequence diagram. */
struct fp_seen {
	enum fp_actor from, to; /* CHILD to PARENT, APP to PARENT, PARENT to APP … */
	unsigned worker;        /* of the actor that is one; 0: none */
	char *text;             /* a line of a transcript without its actor: `sends u32:1 …`, `ends`, `gets result a "x"` */
	uint8_t *data;          /* octets; NULL: none */
	size_t len;
	bool is_done;           /* the suite did it; else the testee */
	bool is_wrong;          /* what the verdict is about */
	size_t wrong_at;        /* the first wrong octet of data; SIZE_MAX: none */
	bool is_missing;        /* expected, and did not come */
};

struct fp_verdict {
	const struct fp_transcript *of;
	char *id;            /* FILE/CASE, FILE below the folder of cases and without .transcript */
	char *variant;       /* how it was cut, in one word: `as-written`, `cut-3`; of the first that failed, else NULL */
	unsigned plays;      /* variants played */
	bool is_late;        /* something did not come within the time limit */
	enum fp_judgement judgement;
	const char *clause;  /* that the verdict is about: the first of the case; NULL: none */
	char *why;           /* one line: what was expected and what came; NULL for a pass */
	char *repeat;        /* the command that plays this one again; NULL for a pass */
	struct fp_seen *seen; /* of the play that the verdict is about; kept for what did not pass */
	size_t n_seen;
	char *stderr_text;   /* what the testee wrote there, the last 4 KiB; NULL: nothing */
	uint64_t time_ns;    /* wall clock; left out where two reports have to be equal */
	const char *known;   /* the reason given by --known; NULL: none */
	bool is_unexpected_pass; /* of a case that --known says fails */
};

struct fp_run_summary {
	const char *testee;  /* CMD */
	enum fp_side side;
	bool is_async, is_native, is_json, is_stdio;
	uint64_t seed;
	struct fp_verdict *verdicts; /* in the order of the catalogue, whatever the order of play */
	size_t n;
	unsigned counts[FP_JUDGEMENTS];
	unsigned unexpected_passes, known_failures; /* of the passes; of the failures and warnings */
	bool is_conforming;
	uint64_t time_ns;
	const struct fp_spec *spec; /* clause.h: what the clauses say */
};

void fp_verdict_fini(struct fp_verdict *v);

#endif
