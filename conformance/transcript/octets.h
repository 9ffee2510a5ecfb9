/* The octets of a transcript's line: written in pieces, laid out in a profile. Must not know lines, sockets, frames.
 *
 * Parsed pieces are kept as they were written, so that they print as they were read; `lay` turns them into octets. */
#ifndef FP_TRANSCRIPT_OCTETS_H
#define FP_TRANSCRIPT_OCTETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define FP_OCTETS_MAX ((size_t)512 << 20) /* octets that one line may stand for */
#define FP_CUTS_MAX ((size_t)1 << 20)     /* cuts in them */

enum fp_piece_kind {
	FP_PIECE_HEX,         /* data, len */
	FP_PIECE_TEXT,        /* data, len */
	FP_PIECE_U32,         /* number */
	FP_PIECE_GROUP,       /* pieces, n */
	FP_PIECE_CUT,         /* / */
	FP_PIECE_ANY,         /* ?: an octet */
	FP_PIECE_U32_ANY,     /* u32:? */
	FP_PIECE_U32_NONZERO  /* u32:+ */
};

struct fp_piece {
	enum fp_piece_kind kind;
	uint8_t *data;
	size_t len;
	uint32_t number;
	struct fp_piece *pieces;
	size_t n;
	size_t times; /* 1 unless it is repeated */
};

struct fp_octets {
	struct fp_piece *pieces;
	size_t n;
};

/* What an expected octet may be. */
enum fp_expect { FP_EXPECT_SAME, FP_EXPECT_ANY, FP_EXPECT_NONZERO /* this and the three beside it are not all 0 */ };

/* Laid out: `data` as it is on the wire; `expect`, NULL where every octet has to be the same; the places of the cuts. */
struct fp_layout {
	uint8_t *data;
	uint8_t *expect;
	size_t len;
	size_t *cuts;
	size_t n_cuts;
};

/* All allocate with malloc; a failure ends the program with a message, since these are tools that can be started again. */

/* Parses `text` up to len. NULL, or what is wrong, one line for a reader; *at is then its place in text. */
const char *fp_octets_parse(struct fp_octets *o, const char *text, size_t len, size_t *at);
void fp_octets_print(const struct fp_octets *o, FILE *to);
void fp_octets_fini(struct fp_octets *o);
/* Pieces for octets that were seen: text where it is text, repetition where a unit of up to 8 octets is repeated often. */
void fp_octets_of(struct fp_octets *o, const uint8_t *data, size_t len);

void fp_octets_lay(const struct fp_octets *o, bool is_big_endian, struct fp_layout *l);
void fp_layout_fini(struct fp_layout *l);
/* The first place at which `data` is not what is expected; l->len where all of it is (data may be longer or shorter:
 * a shorter one that agrees answers its length). */
size_t fp_layout_differs_at(const struct fp_layout *l, const uint8_t *data, size_t len);

#endif
