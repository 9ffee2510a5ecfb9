/* print_report FORMAT WHICH [timeless]: prints a report of a summary of made_up.h, for test_reports.py. */
#include "made_up.h"

#include <stdio.h>

int main(int argc, char **argv)
{
	static struct made_up m;
	const struct fp_report_format *f = fp_report_formats;
	while (argc > 2 && f->name && strcmp(f->name, argv[1]))
		f++;
	if (argc < 3 || !f->name || !made_up_fill(&m, argv[2])) {
		fputs("usage: print_report FORMAT all|pass|skip|known|error|empty [timeless]\n", stderr);
		return 2;
	}
	if (argc > 3)
		m.summary.time_ns = 0;
	f->write(&m.summary, stdout);
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
