/* Plots by gnuplot: what is written to a plot is its script, data with it. Must not know what is plotted. */
#ifndef FP_SIM_PLOT_H
#define FP_SIM_PLOT_H

#include <stdbool.h>
#include <stdio.h>

/* To be asked before what is to be plotted takes its time. false: there is no gnuplot, and that was said on standard error. */
bool sim_plot_is_possible(void);

/* A script that draws SVG into the file. NULL: gnuplot cannot be run, and that was said on standard error. */
FILE *sim_plot_open(const char *path);
/* 0: the file is drawn. -1: gnuplot failed, and that was said. */
int sim_plot_close(FILE *plot, const char *path);

#endif
