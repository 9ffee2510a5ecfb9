/* The embedded Perl. See perl.h. Compiled with Perl's own flags, as its headers know nothing of ours. */
#include <EXTERN.h>
#include <perl.h>

#include "../target.h"
#include "perl.h"

static PerlInterpreter *my_perl;

/* pack "(w/a*)*" of what unpack gave, in the shortest form, or undef where unpack threw. */
static const char program[] = "sub again { my @l = eval { unpack '(w/a*)*', $_[0] }; $@ ? undef : pack '(w/a*)*', @l }";

static void start(void)
{
	static char *args[] = {"", "-e", "0", NULL};
	static char **argv = args;
	static int argc = 3;
	PERL_SYS_INIT3(&argc, &argv, &environ);
	my_perl = perl_alloc();
	perl_construct(my_perl);
	perl_parse(my_perl, NULL, argc, argv, NULL);
	perl_run(my_perl);
	eval_pv(program, TRUE);
}

/* What `again` gives: a mortal scalar. */
static SV *again(const uint8_t *in, size_t len)
{
	dSP;
	PUSHMARK(SP);
	XPUSHs(sv_2mortal(newSVpvn((const char *)in, len)));
	PUTBACK;
	call_pv("again", G_SCALAR);
	SPAGAIN;
	SV *result = POPs;
	PUTBACK;
	return result;
}

/* The good items in the shortest form, and where the last one reaches beyond the end the rest of it (SER-7). */
static SV *expected(const uint8_t *in, size_t len)
{
	SV *sv = sv_2mortal(newSVpvs(""));
	for (size_t at = 0, item_len; at < len;) {
		const uint8_t *item;
		uint8_t head[10];
		enum fp_second_verdict v = fp_second_item(in, len, &at, &item, &item_len);
		sv_catpvn(sv, (const char *)head, fp_second_put_length(head, item_len));
		sv_catpvn(sv, (const char *)item, item_len);
		if (v)
			break;
	}
	return sv;
}

void fp_perl_compare(const uint8_t *in, size_t len, enum fp_second_verdict verdict)
{
	if (!my_perl)
		start();
	ENTER;
	SAVETMPS;
	SV *got = again(in, len);
	bool has_thrown = !SvOK(got), must_throw = verdict == FP_SECOND_UNTERMINATED || verdict == FP_SECOND_HUGE;
	if (has_thrown != must_throw)
		fp_fuzz_found("perl", "Perl refuses a list that we take, or takes one that it should refuse");
	if (!has_thrown && !sv_eq(got, expected(in, len)))
		fp_fuzz_found("perl", "Perl reads other items");
	FREETMPS;
	LEAVE;
}
