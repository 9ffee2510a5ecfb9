/* The list of what was done and seen in one play, for the reports. Must not know what was expected. */
#ifndef FP_JUDGE_SEEN_H
#define FP_JUDGE_SEEN_H

#include "sight.h"
#include "verdict.h"

#define FP_SEEN_MAX 4096u                     /* things in a list: past it only the last one is replaced */
#define FP_SEEN_BYTES_MAX ((size_t)32 << 20)  /* octets in a list: past it a thing has no octets */
#define FP_SEEN_CHANNEL_ENDS "closes its control channel"

struct fp_seen_list {
	struct fp_seen *items;
	size_t n, bytes;
	bool is_big_endian; /* how numbers in frames are read */
};

/* What the suite did; `text` as in struct fp_seen, taken over; NULL: sends `data`. The item is there until the next is added. */
struct fp_seen *fp_seen_done(struct fp_seen_list *l, enum fp_actor from, enum fp_actor to, char *text,
                             const uint8_t *data, size_t len);
struct fp_seen *fp_seen_sight(struct fp_seen_list *l, const struct fp_sight *s);
/* What should have come and did not; `text` is taken over. */
struct fp_seen *fp_seen_missing(struct fp_seen_list *l, enum fp_actor from, enum fp_actor to, char *text,
                                const uint8_t *data, size_t len);
/* Words the things that have no text yet. */
void fp_seen_word(struct fp_seen_list *l);
void fp_seen_fini(struct fp_seen_list *l);

/* `sends u32:1 u32:4 …`: octets as a transcript words them, with the header of a frame as numbers where it is one. */
char *fp_seen_octets(const uint8_t *data, size_t len, bool is_frame, bool is_big_endian);

#endif
