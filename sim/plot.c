/* gnuplot at the other end of a pipe. See plot.h. */
#include "plot.h"

#include <signal.h>
#include <stdlib.h>

bool sim_plot_is_possible(void)
{
	if (system("command -v gnuplot >/dev/null") == 0)
		return true;
	fputs("forkpool-sim: a plot needs gnuplot: install Debian's package gnuplot-nox\n", stderr);
	return false;
}

FILE *sim_plot_open(const char *path)
{
	signal(SIGPIPE, SIG_IGN); /* a gnuplot that ends too soon is told by its exit status */
	FILE *plot = popen("gnuplot", "w");
	if (!plot) {
		perror("forkpool-sim: gnuplot");
		return NULL;
	}
	fputs("set terminal svg size 900,560 background 'white' font 'sans-serif,13'\nset output '", plot);
	for (const char *c = path; *c; c++)
		fputs(*c == '\'' ? "''" : (char[]){*c, '\0'}, plot);
	fputs("'\nset grid\nset key outside right top\n", plot);
	return plot;
}

int sim_plot_close(FILE *plot, const char *path)
{
	if (pclose(plot) == 0)
		return 0;
	fprintf(stderr, "forkpool-sim: %s: gnuplot could not draw it\n", path);
	return -1;
}
