/* The formats there are. */
#include "report.h"

const struct fp_report_format fp_report_formats[] = {
	{"text", fp_report_text},
	{NULL, NULL},
};
