/* The serialisers that come with the library. See serialiser.h. */
#include "serialiser.h"

#include "command.h"
#include "json.h"

static const struct {
	const struct fp_serialiser *serialiser;
	const char *source;
} known[] = {
	{&fp_string_serialiser, fp_command_string_source},
	{&fp_json_serialiser, fp_command_json_source},
};
#define KNOWN (sizeof known / sizeof known[0])

const struct fp_serialiser *fp_serialiser_by_name(const char *name)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (strcmp(known[i].serialiser->name, name) == 0)
			return known[i].serialiser;
	return NULL;
}

const struct fp_serialiser *fp_serialiser_by_source(const struct fp_item *source)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (strlen(known[i].source) == source->len && memcmp(known[i].source, source->data, source->len) == 0)
			return known[i].serialiser;
	return NULL;
}

const char *fp_serialiser_source(const struct fp_serialiser *s)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (known[i].serialiser == s)
			return known[i].source;
	return NULL;
}
