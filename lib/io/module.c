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

static void *modules[MODULES_MAX];
static unsigned n_modules;
static char why[PATH_MAX + 128];

static const char *load_path(const char *path)
{
	if (n_modules == MODULES_MAX)
		return "too many modules";
	void *m = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
	if (!m)
		return dlerror();
	modules[n_modules++] = m;
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

static void run_compiler(int source, const char *object)
{
	char here[PATH_MAX], built[PATH_MAX + 16], installed[PATH_MAX + 16];
	dup2(source, 0);
	fp_sys_program_dir(here);
	snprintf(built, sizeof built, "-I%s/../../lib", here);
	snprintf(installed, sizeof installed, "-I%s/../include", here);
	const char *cc = getenv("CC");
	const char *argv[] = {cc && *cc ? cc : "cc",
	                      "-shared",
	                      "-fPIC",
	                      "-O2",
	                      installed,
	                      built,
	                      "-I" FP_INCLUDE_DIR,
	                      "-x",
	                      "c",
	                      "-o",
	                      object,
	                      "-",
	                      NULL};
	execvp(argv[0], (char *const *)(uintptr_t)argv);
	fprintf(stderr, "forkpool: %s: %s: install a C compiler or set CC\n", argv[0], strerror(errno));
	_exit(127);
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

static bool is_compiled(struct fp_item source, const char *object)
{
	int fd = file_of(source), status = -1;
	if (fd < 0)
		return false;
	pid_t pid = fork();
	if (pid == 0)
		run_compiler(fd, object);
	close(fd);
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && status == 0;
}

const char *fp_module_compile(struct fp_item source)
{
	char dir[] = "/tmp/forkpool-XXXXXX", object[sizeof dir + 16];
	if (!mkdtemp(dir))
		return strerror(errno);
	snprintf(object, sizeof object, "%s/eval.so", dir);
	const char *e = is_compiled(source, object) ? load_path(object) : "the source does not compile";
	unlink(object);
	rmdir(dir);
	return e;
}

/* ---- functions ---- */

void *fp_module_find(const char *name)
{
	char symbol[256];
	size_t n = 0;
	if (strncmp(name, "main::", 6) == 0)
		name += 6;
	for (; *name && n + 2 < sizeof symbol; name++)
		symbol[n++] = *name == ':' ? '_' : *name;
	symbol[n] = '\0';
	return *name ? NULL : dlsym(RTLD_DEFAULT, symbol);
}

void *fp_module_find_newest(const char *name)
{
	return n_modules ? dlsym(modules[n_modules - 1], name) : NULL;
}
