/* io/json: the octets of the encoder, what the decoder makes of octets, every form it must refuse and where, nesting,
 * memory that ends. Most cases in the tables are those of the recordings of the original, under their names. Characters
 * and pseudo-random lists are looked at in test_json_text.c. */
#include "../rounds.h"
#include "json_rig.h"

#define ITEMS_MAX 9
#define DEEP rounds(1000000) /* brackets */

/* ---- recorded lists ---- */

struct list_case {
	const char *name;
	struct fp_span payload;
	size_t n;
	struct fp_item items[ITEMS_MAX];
};

/* Items to octets and back to the same items. */
static const struct list_case both_ways[] = {
	{"empty-list", P("[]"), 0, {S("")}},
	{"null", P("[null]"), 1, {V("null")}},
	{"booleans", P("[true,false]"), 2, {V("true"), V("false")}},
	{"integers", P("[0,-1,1,2147483647,-2147483648,9007199254740993,9223372036854775807,-9223372036854775808]"), 8,
	 {V("0"), V("-1"), V("1"), V("2147483647"), V("-2147483648"), V("9007199254740993"), V("9223372036854775807"),
	  V("-9223372036854775808")}},
	{"unsigned-64", P("[18446744073709551615]"), 1, {V("18446744073709551615")}},
	{"big-integers", P("[18446744073709551616,123456789012345678901234567890]"), 2,
	 {V("18446744073709551616"), V("123456789012345678901234567890")}},
	{"numbers", P("[0.5,-1.25,1e+20,1e-07,3.14159265358979]"), 5,
	 {V("0.5"), V("-1.25"), V("1e+20"), V("1e-07"), V("3.14159265358979")}},
	{"long-fraction", P("[0.1000000000000000055511151231257827021181583404541015625]"), 1,
	 {V("0.1000000000000000055511151231257827021181583404541015625")}},
	{"strings", P("[\"\",\"h275c\",\"qrnwov3\",\"9\"]"), 4, {S(""), S("h275c"), S("qrnwov3"), S("9")}},
	{"numeric-strings", P("[\"12\",\"1.0\",\"true\",\"null\"]"), 4, {S("12"), S("1.0"), S("true"), S("null")}},
	{"escapes", P("[\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0000\\u0001\\u001f\x7f\"]"), 1,
	 {S("\"\\/\b\f\n\r\t\0\x01\x1f\x7f")}},
	{"unicode", P("[\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]"), 1, {S("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")}},
	{"octets-as-latin1", P("[\"\xc2\x80\xc3\xbf\"]"), 1, {S("\xc2\x80\xc3\xbf")}},
	{"nested", P("[[1,[],[[\"x\"]]],{\"k\":[{\"q\":null}]}]"), 2, {V("[1,[],[[\"x\"]]]"), V("{\"k\":[{\"q\":null}]}")}},
	{"mixed", P("[\"doit\",1,null,false,[],{}]"), 6, {S("doit"), V("1"), V("null"), V("false"), V("[]"), V("{}")}},
	{"duplicate-keys", P("[{\"a\":1,\"a\":2}]"), 1, {V("{\"a\":1,\"a\":2}")}},
	{"echo-scalars", P("[\"echo\",1,-2,3.5,\"x\",true,false,null]"), 8,
	 {S("echo"), V("1"), V("-2"), V("3.5"), S("x"), V("true"), V("false"), V("null")}},
	{"scalars", P("[1,-2,\"x\",null,true,false,[],{\"a\":1}]"), 8,
	 {V("1"), V("-2"), S("x"), V("null"), V("true"), V("false"), V("[]"), V("{\"a\":1}")}},
	{"brackets-in-strings", P("[\"],[\",{\"}],\\\\\":\"[{\\\"\"}]"), 2, {S("],["), V("{\"}],\\\\\":\"[{\\\"\"}")}},
	{"nul-in-a-name", P("[{\"a\\u0000b\":\"\\u0000\"}]"), 1, {V("{\"a\\u0000b\":\"\\u0000\"}")}},
};

/* Octets to items only: the encoder would write them in another form. */
static const struct list_case thawed_only[] = {
	{"whitespace", P(" \t\r\n[ 1 , 2 ]\n"), 2, {V("1"), V("2")}},
	{"whitespace-strings", P(" [ \"echo\" ,\n\"x\"\t] "), 2, {S("echo"), S("x")}},
	{"whitespace-empty", P("[ \n ]"), 0, {S("")}},
	{"whitespace-inside", P("[ {\r\n\t\"a b\" : [ 1 , \" \\\" \" ] } ]"), 1, {V("{\"a b\":[1,\" \\\" \"]}")}},
	{"scalars", P("[null,true,false,0,-0,1.50,1e3,1E-2,\"x\"]"), 9,
	 {V("null"), V("true"), V("false"), V("0"), V("-0"), V("1.50"), V("1e3"), V("1E-2"), S("x")}},
	{"escapes", P("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\"]"), 1,
	 {S("\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac")}},
	{"escapes-upper-case", P("[\"\\u00E9\\uD83D\\uDE00\"]"), 1, {S("\xc3\xa9\xf0\x9f\x98\x80")}},
	{"surrogates", P("[\"\\ud83d\\ude00\"]"), 1, {S("\xf0\x9f\x98\x80")}},
	{"surrogates-last", P("[\"\\udbff\\udfff\\ud800\\udc00\"]"), 1, {S("\xf4\x8f\xbf\xbf\xf0\x90\x80\x80")}},
	{"echo-escapes", P("[\"a\\\"b\\\\c\\/d\\b\\f\\n\\r\\t\\u0000\\u001f\\u007f\"]"), 1,
	 {S("a\"b\\c/d\b\f\n\r\t\0\x1f\x7f")}},
	{"string-value-keeps-escapes", P("[[\"\\u0041\\/\"]]"), 1, {V("[\"\\u0041\\/\"]")}},
};

/* JSN-1, JSN-2, JSN-5. */
static void lists_go_both_ways(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof both_ways / sizeof *both_ways; i++) {
		expect_frozen(both_ways[i].items, both_ways[i].n, both_ways[i].payload);
		expect_thawed(both_ways[i].payload, both_ways[i].items, both_ways[i].n);
	}
}

/* JSN-4, JSN-5. */
static void other_forms_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof thawed_only / sizeof *thawed_only; i++)
		expect_thawed(thawed_only[i].payload, thawed_only[i].items, thawed_only[i].n);
}

static void values_are_written_without_white_space(void **state)
{
	(void)state;
	struct fp_item items[] = {V(" 1\n"), V("{ \"a b\" : [ ] }"), V(" \"a string, too\" "), {NULL, 0, FP_STRING}};
	expect_frozen(items, 4, (struct fp_span)P("[1,{\"a b\":[]},\"a string, too\",\"\"]"));
}

static void freeze_appends(void **state)
{
	(void)state;
	struct fp_item item = S("x");
	struct rig r;
	rig_init(&r);
	assert_int_equal(fp_buf_put(&r.out, "head", 4), FP_NONE);
	assert_int_equal(freeze(&r, &item, 1), FP_NONE);
	assert_int_equal(freeze(&r, NULL, 0), FP_NONE);
	expect_octets(fp_buf_front(&r.out), (struct fp_span)P("head[\"x\"][]"));
	rig_fini(&r);
}

static void freeze_stays_in_its_bounds(void **state)
{
	(void)state;
	struct fp_item items[] = {S("ab\n"), V("[1, 2]")};
	static const char payload[] = "[\"ab\\n\",[1,2]]";
	for (size_t max = 0; max <= sizeof payload - 1; max++) {
		struct rig r;
		rig_init(&r);
		r.out.bytes_max = max;
		assert_int_equal(freeze(&r, items, 2), max < sizeof payload - 1 ? FP_TOO_LONG : FP_NONE);
		assert_int_equal(fp_buf_len(&r.out), max < sizeof payload - 1 ? 0 : max);
		rig_fini(&r);
	}
}

/* ---- malformed ---- */

struct fault_case {
	const char *name;
	struct fp_span payload;
	size_t fault; /* of what jansson finds: in or behind the token it stopped at */
};

/* JSN-2 to JSN-4. */
static const struct fault_case malformed[] = {
	{"empty-payload", P(""), 0},
	{"only-whitespace", P("  "), 2},
	{"unterminated", P("[1,2"), 4},
	{"unterminated-empty", P("["), 1},
	{"unterminated-comma", P("[1,"), 3},
	{"unterminated-string", P("[\"ab"), 4},
	{"unterminated-escape", P("[\"ab\\"), 4},
	{"unterminated-inside", P("[[1"), 3},
	{"trailing-comma", P("[1,]"), 3},
	{"leading-comma", P("[,1]"), 1},
	{"two-commas", P("[1,,2]"), 3},
	{"no-comma", P("[1 2]"), 4},
	{"no-comma-strings", P("[\"a\" \"b\"]"), 5},
	{"no-comma-mixed", P("[\"a\"1]"), 4},
	{"no-comma-values", P("[1\"a\"]"), 4},
	{"trailing-comma-inside", P("[[1,]]"), 5},
	{"trailing-garbage", P("[1] x"), 4},
	{"trailing-bracket", P("[1]]"), 3},
	{"trailing-letter", P("[\"echo\"]x"), 8},
	{"two-arrays", P("[][]"), 2},
	{"wrong-bracket", P("[1}"), 2},
	{"wrong-bracket-inside", P("[[1}]"), 4},
	{"wrong-brackets-swapped", P("[{]}]"), 3},
	{"bare-word", P("[foo]"), 4},
	{"upper-case", P("[True]"), 5},
	{"longer-word", P("[nullx]"), 6},
	{"single-quotes", P("['a']"), 2},
	{"leading-zero", P("[01]"), 2},
	{"leading-zero-negative", P("[-01]"), 3},
	{"plus-sign", P("[+1]"), 2},
	{"dot-first", P("[.5]"), 2},
	{"dot-last", P("[1.]"), 3},
	{"no-exponent", P("[1e]"), 3},
	{"only-minus", P("[-]"), 2},
	{"hex", P("[0x10]"), 3},
	{"beyond-double", P("[1e309]"), 6},
	{"control-in-string", P("[\"a\nb\"]"), 3},
	{"nul-in-string", P("[\"a\0b\"]"), 3},
	{"control-in-name", P("[{\"a\tb\":1}]"), 4},
	{"bad-escape", P("[\"\\x41\"]"), 2},
	{"nul-escape", P("[\"\\\0\"]"), 2},
	{"short-unicode-escape", P("[\"\\u12\"]"), 2},
	{"bad-unicode-escape", P("[\"\\u12g4\"]"), 2},
	{"lone-high-surrogate", P("[\"\\ud83d\"]"), 2},
	{"high-surrogate-then-other", P("[\"\\ud83d\\u0041\"]"), 2},
	{"high-surrogate-then-before-low", P("[\"\\ud83d\\udbff\"]"), 2},
	{"high-surrogate-then-behind-low", P("[\"\\ud83d\\ue000\"]"), 2},
	{"two-high-surrogates", P("[\"\\ud83d\\ud83d\"]"), 2},
	{"lone-low-surrogate", P("[\"\\ude00\"]"), 2},
	{"lone-surrogate-inside", P("[[\"\\ude00\"]]"), 3},
	{"nan", P("[NaN]"), 4},
	{"infinity", P("[-Infinity]"), 2},
	{"comment", P("[1] // c"), 4},
	{"comment-inside", P("[/*c*/1]"), 2},
	{"invalid-utf8", P("[\"\xff\"]"), 2},
	{"invalid-utf8-later", P("[\"echo\",\"\xff\xfe\"]"), 9},
	{"invalid-utf8-inside", P("[{\"a\":\"\xff\"}]"), 7},
	{"invalid-utf8-outside", P("[\xc3\xa9]"), 3},
	{"cut-utf8", P("[\"\xc3\"]"), 2},
	{"overlong-utf8", P("[\"\xc0\x80\"]"), 2},
	{"utf8-surrogate", P("[\"\xed\xa0\x80\"]"), 2},
	{"bom", P("\xef\xbb\xbf[]"), 0},
	{"bom-inside", P("[\xef\xbb\xbf]"), 4},
	{"utf16", P("\xff\xfe[\0]\0"), 0},
	{"utf16-no-bom", P("[\0]\0"), 1},
	{"nul-after", P("[]\0"), 2},
	{"nul-before", P("\0[]"), 0},
	{"nul-between", P("[1,\0002]"), 3},
	{"nul-behind-number", P("[1\0]"), 2},
	{"nul-behind-number-inside", P("[[1\0,2]]"), 3},
	{"nul-behind-name", P("[null\0]"), 5},
	{"vertical-tab", P("[\v]"), 2},
	{"no-colon", P("[{\"a\" 1}]"), 7},
	{"no-name", P("[{1:1}]"), 3},
	{"no-member", P("[{\"a\":}]"), 7},
	{"top-object", P("{\"a\":1}"), 0},
	{"top-empty-object", P("{}"), 0},
	{"top-null", P("null"), 0},
	{"top-true", P("true"), 0},
	{"top-false", P("false"), 0},
	{"top-number", P("42"), 0},
	{"top-string", P("\"abc\""), 0},
	{"top-empty-string", P("\"\""), 0},
	{"top-string-that-names-an-array", P("\"main::INC\""), 0},
};

static void malformed_payloads_are_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof malformed / sizeof *malformed; i++) {
		struct rig r;
		rig_init(&r);
		enum fp_reason reason = thaw(&r, malformed[i].payload);
		if (reason != FP_MALFORMED || r.fault != malformed[i].fault)
			print_error("%s: %s at %zu\n", malformed[i].name, fp_reason_name(reason), r.fault);
		assert_int_equal(reason, FP_MALFORMED);
		assert_int_equal(r.fault, malformed[i].fault);
		rig_fini(&r);
	}
}

static void values_that_are_no_json_are_not_written(void **state)
{
	(void)state;
	static const struct fp_item bad[] = {
		V(""), V(" "), V("x"), V("01"), V("1,2"), V("1 2"), V("1]"), V("[1"), V("[1}"), V("{]}"), V("]"), V("}"), V(","),
		V("\"a"), V("\"\xff\""), V("\"\n\""), V("1\0"), V("\"a\"x"), V("[\"\\ud800\"]"), V("nul"), V("1e309"),
		{NULL, 0, FP_VALUE}};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		expect_unfreezable(bad[i]);
}

/* ---- nesting ---- */

/* A unit n times and another n times. */
static struct fp_span repeated(const char *open, size_t opens, const char *middle, const char *close, size_t closes)
{
	size_t len = opens * strlen(open) + strlen(middle) + closes * strlen(close);
	char *s = malloc(len + 1), *p = s;
	assert_non_null(s);
	for (size_t i = 0; i < opens; i++)
		p = strcpy(p, open) + strlen(open);
	p = strcpy(p, middle) + strlen(middle);
	for (size_t i = 0; i < closes; i++)
		p = strcpy(p, close) + strlen(close);
	return (struct fp_span){(const uint8_t *)s, len};
}

static void expect_depth(const char *open, size_t n, const char *close, size_t closes, enum fp_reason wanted, size_t fault)
{
	struct fp_span all = repeated(open, n, *open == '{' ? "1" : "", close, closes);
	struct fp_span inner = {all.data, all.len};
	char *payload = malloc(all.len + 2);
	assert_non_null(payload);
	payload[0] = '[';
	memcpy(payload + 1, inner.data, inner.len);
	payload[inner.len + 1] = ']';
	struct rig r;
	rig_init(&r);
	assert_int_equal(thaw(&r, (struct fp_span){(uint8_t *)payload, inner.len + 2}), wanted);
	struct fp_item item = {inner.data, inner.len, FP_VALUE};
	if (wanted == FP_NONE)
		expect_list(&r, &item, 1);
	else
		assert_int_equal(r.fault, fault);
	assert_int_equal(freeze(&r, &item, 1), wanted);
	assert_int_equal(fp_buf_len(&r.out), wanted ? 0 : inner.len + 2);
	rig_fini(&r);
	free(payload);
	free((void *)(uintptr_t)all.data);
}

/* JSN-4. The payload's own bracket is the first. */
static void nesting_ends_at_512(void **state)
{
	(void)state;
	expect_depth("[", 49, "]", 49, FP_NONE, 0);
	expect_depth("[", 511, "]", 511, FP_NONE, 0);
	expect_depth("[", 512, "]", 512, FP_MALFORMED, 512);
	expect_depth("[", 599, "]", 599, FP_MALFORMED, 512);
	expect_depth("[", DEEP, "]", DEEP, FP_MALFORMED, 512);
	expect_depth("[", DEEP, "]", 0, FP_MALFORMED, 512);
	expect_depth("{\"a\":", 511, "}", 511, FP_NONE, 0);
	expect_depth("{\"a\":", 512, "}", 512, FP_MALFORMED, 1 + 5 * 511);
	expect_depth("{\"a\":", DEEP, "}", 0, FP_MALFORMED, 1 + 5 * 511);
	expect_depth("]", DEEP, "", 0, FP_MALFORMED, 2);
}

/* Only what is open at a time counts. */
static void many_brackets_in_a_row_are_not_deep(void **state)
{
	(void)state;
	struct fp_span payload = repeated("[],", 2000, "[[],[],[{}]]", "", 0);
	struct rig r;
	rig_init(&r);
	struct fp_span all = repeated("[", 1, (const char *)payload.data, "]", 1);
	assert_int_equal(thaw(&r, all), FP_NONE);
	assert_int_equal(r.list.n, 2001);
	assert_int_equal(freeze(&r, r.list.items, r.list.n), FP_NONE);
	expect_octets(fp_buf_front(&r.out), all);
	rig_fini(&r);
	free((void *)(uintptr_t)all.data);
	free((void *)(uintptr_t)payload.data);
}

static void long_lists(void **state)
{
	(void)state;
	struct fp_span inner = repeated("[\"long\",1],\"text\\n\",", rounds(100000), "0", "", 0);
	struct fp_span all = repeated("[", 1, (const char *)inner.data, "]", 1);
	struct fp_span nested = repeated("[", 2, (const char *)inner.data, "]", 2);
	struct rig r;
	rig_init(&r);
	assert_int_equal(thaw(&r, all), FP_NONE);
	assert_int_equal(r.list.n, 2 * rounds(100000) + 1);
	assert_int_equal(freeze(&r, r.list.items, r.list.n), FP_NONE);
	expect_octets(fp_buf_front(&r.out), all);
	assert_int_equal(thaw(&r, nested), FP_NONE);
	assert_int_equal(r.list.n, 1);
	expect_octets((struct fp_span){r.list.items[0].data, r.list.items[0].len}, all);
	rig_fini(&r);
	free((void *)(uintptr_t)inner.data);
	free((void *)(uintptr_t)all.data);
	free((void *)(uintptr_t)nested.data);
}

/* ---- memory ---- */

static const struct fp_span needy = P(
	"[\"a string that is escaped\\n\",[1,2,3,{\"name\":\"of a member\"}],12345678901234567890123456789,\"\",null,true,1,2,3]");

/* The nth request for memory fails, for each n: that is told, and nothing is left behind. */
static void no_memory_in_freeze(void **state)
{
	(void)state;
	struct rig from;
	rig_init(&from);
	assert_int_equal(thaw(&from, needy), FP_NONE);
	enum fp_reason reason = FP_NOMEM;
	uint64_t n = 0;
	while (reason) {
		struct rig r;
		rig_init(&r);
		r.memory.fail_at = ++n;
		reason = freeze(&r, from.list.items, from.list.n);
		assert_int_equal(reason, r.memory.requests < n ? FP_NONE : FP_NOMEM);
		expect_octets(fp_buf_front(&r.out), reason ? (struct fp_span)P("") : needy);
		assert_int_equal(r.memory.held, r.out.cap);
		rig_fini(&r);
	}
	assert_true(n > 3);
	rig_fini(&from);
}

static void no_memory_in_thaw(void **state)
{
	(void)state;
	enum fp_reason reason = FP_NOMEM;
	uint64_t n = 0;
	while (reason) {
		struct rig r;
		rig_init(&r);
		r.memory.fail_at = ++n;
		reason = thaw(&r, needy);
		assert_int_equal(reason, r.memory.requests < n ? FP_NONE : FP_NOMEM);
		assert_int_equal(r.memory.held, r.list.text.cap + r.list.cap * sizeof *r.list.items);
		rig_fini(&r);
	}
	assert_true(n > 4);
}

static uint64_t jansson_requests, jansson_fail_at;

static void *jansson_malloc(size_t len)
{
	return ++jansson_requests == jansson_fail_at ? NULL : malloc(len);
}

/* The nth of jansson's own requests fails. Where it parses a token, it calls that a bad token: then the reason is
 * FP_MALFORMED. It never reads past anything, which the memory checkers see, and never takes a list for another. */
static void no_memory_in_jansson(void **state)
{
	(void)state;
	enum fp_reason reason = FP_NOMEM;
	unsigned told = 0;
	char name[3000] = "[{\"";
	memset(name + 3, 'x', sizeof name - 3);
	memcpy(name + sizeof name - 11, "\":[[],[]]}]", 11);
	struct fp_item item = {name + 1, sizeof name - 2, FP_VALUE};
	json_set_alloc_funcs(jansson_malloc, free);
	for (uint64_t n = 1; reason; n++) {
		struct rig r;
		rig_init(&r);
		jansson_requests = 0;
		jansson_fail_at = n;
		reason = thaw(&r, (struct fp_span){(uint8_t *)name, sizeof name});
		if (reason)
			assert_true(jansson_requests >= n && (reason == FP_NOMEM || reason == FP_MALFORMED));
		else
			expect_list(&r, &item, 1);
		told += reason == FP_NOMEM;
		rig_fini(&r);
	}
	json_set_alloc_funcs(malloc, free);
	assert_true(told > 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_go_both_ways),
		cmocka_unit_test(other_forms_are_read),
		cmocka_unit_test(values_are_written_without_white_space),
		cmocka_unit_test(freeze_appends),
		cmocka_unit_test(freeze_stays_in_its_bounds),
		cmocka_unit_test(malformed_payloads_are_refused),
		cmocka_unit_test(values_that_are_no_json_are_not_written),
		cmocka_unit_test(nesting_ends_at_512),
		cmocka_unit_test(many_brackets_in_a_row_are_not_deep),
		cmocka_unit_test(long_lists),
		cmocka_unit_test(no_memory_in_freeze),
		cmocka_unit_test(no_memory_in_thaw),
		cmocka_unit_test(no_memory_in_jansson),
	};
	return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
