/* Transcripts: what went over one connection, as text and as a list of lines. The language is in ../TRANSCRIPT.md.
 * Must not know processes, sockets, the protocol. */
#ifndef FP_TRANSCRIPT_H
#define FP_TRANSCRIPT_H

#include "octets.h"

#define FP_TRANSCRIPT_BYTES_MAX ((size_t)64 << 20) /* of a file */
#define FP_CASES_MAX 4096                          /* in a file */
#define FP_LINES_MAX ((size_t)1 << 20)             /* in a case */
#define FP_WORKERS_MAX 65535                       /* the highest number of one */

enum fp_side { FP_SIDE_CHILD, FP_SIDE_PARENT, FP_SIDE_POOL };
enum fp_level { FP_LEVEL_OF_CLAUSE, FP_LEVEL_MUST, FP_LEVEL_SHOULD, FP_LEVEL_MAY, FP_LEVEL_UNSPECIFIED };
enum fp_either { FP_FIRST = 1, FP_SECOND = 2, FP_BOTH = 3 }; /* sync, async; network, native */
enum fp_vary { /* bits */
	FP_VARY_AS_WRITTEN = 1, FP_VARY_WHOLE = 2, FP_VARY_OCTETS = 4, FP_VARY_CUTS = 8, FP_VARY_PAIRS = 16, FP_VARY_TRUNCATED = 32
};

enum fp_actor { FP_ACTOR_NONE, FP_ACTOR_PARENT, FP_ACTOR_CHILD, FP_ACTOR_APP, FP_ACTOR_POOL, FP_ACTOR_WORKER };

enum fp_verb {
	FP_SENDS,       /* octets; is_unordered, is_optional */
	FP_ENDS, FP_CLOSES, FP_STOPS_READING, FP_READS,
	FP_EXITS,       /* exit; a worker's has none */
	FP_STAYS,       /* size */
	FP_SIGNALLED,   /* word: child gets SIGNAL */
	FP_CALLS,       /* word: the tag; items */
	FP_DROPS,
	FP_CANCELS,     /* word */
	FP_SETS_LASTID, /* word: the id, in decimal */
	FP_GETS_RESULT, /* word: the tag; items; is_optional, as for all that app gets */
	FP_GETS_FAILURE,/* word: the tag; class or NULL: `a`, or `a|b` where each is right */
	FP_GETS_EVENT,  /* items */
	FP_GETS_ERROR,  /* class or NULL, likewise */
	FP_GETS_END,
	FP_STARTS,      /* worker; after_ns */
	FP_GETS_CALL,   /* worker, word: the tag */
	FP_ANSWERS,     /* worker, word: the tag; items */
	FP_RETIRES, FP_DIES, FP_HOLDS, /* worker */
	FP_ENDS_WORKER, FP_KILLS_WORKER, /* worker, of the first 0: any; after_ns */
	FP_NOTHING_MORE
};

enum fp_exit { FP_EXIT_STATUS, FP_EXIT_ZERO, FP_EXIT_NONZERO, FP_EXIT_ANY };

struct fp_line {
	enum fp_actor actor;
	enum fp_verb verb;
	unsigned worker;      /* from 1; 0: none */
	char *word, *class;   /* NULL: none */
	struct fp_octets octets;
	struct fp_octets *items;
	size_t n_items;
	bool is_unordered, is_optional;
	enum fp_exit exit;
	int status;
	uint64_t size_bytes;
	uint64_t after_ns;
	unsigned number;      /* of the line in its file, from 1 */
};

struct fp_option {
	char *name, *value;
};

struct fp_transcript {
	char *name, *title;
	char **clauses;
	size_t n_clauses;
	enum fp_level level;
	enum fp_side side;
	enum fp_either mode, profile;
	bool is_json;
	char **needs;
	size_t n_needs;
	unsigned vary;        /* bits of fp_vary */
	struct fp_option *options;
	size_t n_options;
	char *stays;          /* NULL: none */
	struct fp_line *lines;
	size_t n_lines;
	unsigned number;      /* of its first line in the file */
};

struct fp_transcripts {
	struct fp_transcript *cases;
	size_t n;
};

/* A fault of a text: "FILE:LINE:COLUMN: expected …"; of a file that cannot be read: "FILE: cannot be read: …". */
struct fp_fault {
	char text[512];
};

/* Reads all transcripts of a text, one at least. False, with a fault, where one is wrong. Takes memory with malloc. */
bool fp_transcripts_parse(struct fp_transcripts *t, const char *file, const char *text, size_t len, struct fp_fault *fault);
bool fp_transcripts_read(struct fp_transcripts *t, const char *file, struct fp_fault *fault);
void fp_transcripts_fini(struct fp_transcripts *t);

/* Prints so that parsing gives the same again. */
void fp_transcript_print(const struct fp_transcript *t, FILE *to);
void fp_line_print(const struct fp_line *l, FILE *to); /* without the line's end */

/* The line is done to a testee of this side; else it is expected of it. A line that is not in the language (a verb that
 * its actor does not have) ends the program, here and in printing. */
bool fp_line_is_done(const struct fp_line *l, enum fp_side side);

#endif
