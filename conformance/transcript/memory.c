/* Memory that is there, or ends the program. Must not know what it is for. */
#include "memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *have(void *p)
{
	if (p)
		return p;
	fputs("out of memory\n", stderr);
	exit(FP_NO_MEMORY_STATUS);
}

void *fp_memory(size_t size)
{
	return fp_memory_again(NULL, size);
}

void *fp_memory_again(void *p, size_t size)
{
	return have(realloc(p, size ? size : 1));
}

void *fp_memory_more(void *p, size_t n, size_t element_size)
{
	if ((n & (n - 1)) == 0)
		p = have(reallocarray(p, n ? 2 * n : 1, element_size));
	memset((char *)p + n * element_size, 0, element_size);
	return p;
}

char *fp_memory_text(const char *text, size_t len)
{
	char *copy = fp_memory(len + 1);
	if (len)
		memcpy(copy, text, len);
	copy[len] = 0;
	return copy;
}
