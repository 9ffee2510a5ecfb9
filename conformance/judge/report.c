/* The formats there are. */
#include "report.h"

const struct fp_report_format fp_report_formats[] = {
	{"text", fp_report_text},   {"tap", fp_report_tap},   {"tap13", fp_report_tap13},
	{"junit", fp_report_junit}, {"json", fp_report_json}, {"html", fp_report_html},
	{NULL, NULL},
};
