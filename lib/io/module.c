/* Shared objects in a process. See module.h. */
#include "module.h"

#include "sys.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MODULES_MAX 256u /* objects loaded into one process */
#define NO_COMPILER 127  /* status of a shell that does not find its command */

static void *modules[MODULES_MAX];
static unsigned n_modules;
static char why[PATH_MAX + 128];
static struct {
	char symbol[256];
	void *function; /* NULL: none */
} known;

static const char *load_path(const char *path)
{
	if (n_modules == MODULES_MAX)
		return "too many modules";
	void *m = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (!m)
		return dlerror();
	modules[n_modules++] = m;
	known.function = NULL; /* it may have another of that name */
	return NULL;
}

static bool is_found(char *path, const char *dir, int dir_len, const char *between, const char *name)
{
	int n = snprintf(path, PATH_MAX, "%.*s%s/%s.so", dir_len, dir, between, name);
	return n > 0 && n < PATH_MAX && access(path, R_OK) == 0;
}

static bool find_file(char *path, const char *name)
{
	const char *dirs = getenv("FORKPOOL_PATH");
	while (dirs && *dirs) {
		int len = (int)strcspn(dirs, ":");
		if (len && is_found(path, dirs, len, "", name))
			return true;
		dirs += len + (dirs[len] == ':');
	}
	/* a tree that was built or moved works where it stands */
	char here[PATH_MAX];
	fp_sys_program_dir(here);
	return is_found(path, here, INT_MAX, "/../lib/forkpool", name) || is_found(path, FP_MODULE_DIR, INT_MAX, "", name);
}

const char *fp_module_load(const char *name)
{
	char path[PATH_MAX];
	size_t len = strlen(name);
	if (len > 3 && strcmp(name + len - 3, ".so") == 0) {
		/* without a slash dlopen would look in the system's own directories */
		snprintf(path, sizeof path, "%s%s", strchr(name, '/') ? "" : "./", name);
		return load_path(path);
	}
	if (find_file(path, name))
		return load_path(path);
	snprintf(why, sizeof why, "no %.200s.so in FORKPOOL_PATH or %s: set FORKPOOL_PATH, or give a path that ends in .so",
	         name, FP_MODULE_DIR);
	return why;
}

/* ---- C source ---- */

/* By the shell, as CC may have arguments of its own. */
static void run_compiler(int source, const char *object)
{
	char here[PATH_MAX], built[PATH_MAX + 16], installed[PATH_MAX + 16];
	dup2(source, 0);
	fp_sys_program_dir(here);
	snprintf(built, sizeof built, "-I%s/../../lib", here);
	snprintf(installed, sizeof installed, "-I%s/../include", here);
	execl("/bin/sh", "sh", "-c", "exec ${CC:-cc} \"$@\"", "cc", "-shared", "-fPIC", "-O2", installed, built,
	      "-I" FP_INCLUDE_DIR, "-x", "c", "-o", object, "-", (char *)NULL);
	_exit(NO_COMPILER);
}

static int file_of(struct fp_item source)
{
	int fd = memfd_create("forkpool-eval", MFD_CLOEXEC);
	if (fd >= 0 && (fp_sys_write_all(fd, source.data, source.len) || lseek(fd, 0, SEEK_SET) != 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* The compiler's exit status; -1: it ended otherwise. */
static int compile(struct fp_item source, const char *object)
{
	int fd = file_of(source), status = -1;
	if (fd < 0)
		return -1;
	pid_t pid = fork();
	if (pid == 0)
		run_compiler(fd, object);
	close(fd);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

const char *fp_module_compile(struct fp_item source)
{
	char dir[PATH_MAX - 16], object[PATH_MAX];
	const char *tmp = getenv("TMPDIR");
	if (!tmp || !*tmp)
		tmp = "/tmp";
	snprintf(dir, sizeof dir, "%s/forkpool-XXXXXX", tmp);
	if (!mkdtemp(dir)) {
		snprintf(why, sizeof why, "%s: %s: set TMPDIR to where files can be made", tmp, strerror(errno));
		return why;
	}
	snprintf(object, sizeof object, "%s/eval.so", dir);
	int status = compile(source, object);
	const char *e = status == 0             ? load_path(object)
	                : status == NO_COMPILER ? "no C compiler: install one or set CC"
	                                        : "the source does not compile";
	unlink(object);
	rmdir(dir);
	return e;
}

/* ---- functions ---- */

/* The name as the linker knows it. Answers whether there is room for it. */
static bool is_symbol_made(char symbol[256], const char *name)
{
	size_t n = 0;
	if (strncmp(name, "main::", 6) == 0)
		name += 6;
	for (; *name && n + 2 < sizeof known.symbol; name++)
		symbol[n++] = *name == ':' ? '_' : *name;
	symbol[n] = '\0';
	return !*name;
}

void *fp_module_find(const char *name)
{
	char symbol[256];
	if (!is_symbol_made(symbol, name))
		return NULL;
	if (known.function && strcmp(known.symbol, symbol) == 0)
		return known.function;
	return dlsym(RTLD_DEFAULT, symbol);
}

void fp_module_remember(const char *name)
{
	known.function = is_symbol_made(known.symbol, name) ? dlsym(RTLD_DEFAULT, known.symbol) : NULL;
}

void *fp_module_find_newest(const char *name)
{
	return n_modules ? dlsym(modules[n_modules - 1], name) : NULL;
}
