/* The programs that templates are. See program.h. */
#include "program.h"

#include "sys.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where forkpool-template is: FORKPOOL_TEMPLATE, beside the running program, where it was installed, or in PATH. */
static const char *own_program(char path[PATH_MAX])
{
	const char *named = getenv("FORKPOOL_TEMPLATE");
	if (named && *named)
		return named;
	fp_sys_program_dir(path);
	size_t n = strlen(path);
	if (n && n < PATH_MAX - 32) {
		snprintf(path + n, 32, "/forkpool-template");
		if (access(path, X_OK) == 0)
			return path;
	}
	snprintf(path, PATH_MAX, "%s/forkpool-template", FP_LIBEXEC_DIR);
	return access(path, X_OK) == 0 ? path : "forkpool-template";
}

int fp_program_spawn(int fd, int lifeline)
{
	char path[PATH_MAX], fd_text[16], lifeline_text[16], pid_text[16];
	snprintf(fd_text, sizeof fd_text, "%d", fd);
	snprintf(lifeline_text, sizeof lifeline_text, "%d", lifeline);
	snprintf(pid_text, sizeof pid_text, "%d", (int)getpid());
	const char *argv[] = {own_program(path), "--report", "--lifeline", lifeline_text, fd_text, pid_text, NULL};
	return fp_sys_spawn(argv, (int[]){fd, lifeline}, 2);
}

int fp_program_spawn_other(char *const *command, int fd)
{
	char fd_text[16], pid_text[16];
	size_t n = 0;
	while (command[n])
		n++;
	const char **argv = calloc(n + 3, sizeof *argv);
	if (!argv)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		argv[i] = command[i];
	snprintf(fd_text, sizeof fd_text, "%d", fd);
	snprintf(pid_text, sizeof pid_text, "%d", (int)getpid());
	argv[n] = fd_text;
	argv[n + 1] = pid_text;
	int r = fp_sys_spawn(argv, &fd, 1);
	free(argv);
	return r;
}
