/* The json serialiser, by the side of fp_string_serialiser. Clauses JSN-1 to JSN-5.
 *
 * A string item is a JSON string, its octets are UTF-8 and may be any character, U+0000 too; a value item is the text of
 * any one JSON value, in or out without white space between its tokens. Numbers keep their text, so integers of any
 * size and long fractions pass unchanged; a number beyond the range of a double (past 1.7e308) is malformed. Of a
 * member name that comes twice, both are kept. An array in more than 511 others is malformed.
 *
 * While a value is judged it takes memory of jansson's own, up to some 50 octets for each of its octets; strings do not. */
#ifndef FP_IO_JSON_H
#define FP_IO_JSON_H

#include "../core/args.h"

extern const struct fp_serialiser fp_json_serialiser; /* "json" */

#endif
