/* Memory for tools that can be started again: it is there, or the program ends with a message. */
#ifndef FP_TRANSCRIPT_MEMORY_H
#define FP_TRANSCRIPT_MEMORY_H

#include <stddef.h>

#define FP_NO_MEMORY_STATUS 4 /* with which the program then exits: the tool's own fault, never a verdict */

/* At least one octet of memory, with malloc. */
void *fp_memory(size_t size);
void *fp_memory_again(void *p, size_t size); /* p, or NULL, with another size */
/* The array p of n elements with room for one more, which is set to zeros: takes new memory where n is 0 or a power of two. */
void *fp_memory_more(void *p, size_t n, size_t element_size);
/* A copy of a text, with a 0 at its end. */
char *fp_memory_text(const char *text, size_t len);

#endif
