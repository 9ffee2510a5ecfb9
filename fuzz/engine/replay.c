/* Replays inputs with any C compiler: no fuzzing engine is needed. With --explain each input is told of first, then judged; an
 * input that finds something is told of up to there.
 *
 *   replay FILE|DIRECTORY...     judges every input; a promise that is broken ends the program by SIGABRT
 *   replay --explain FILE...     tells what each input is and what becomes of it
 *   replay --about               the target, its input, and what it asserts */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "../rig/story.h"
#include "../target.h"

#define INPUT_BYTES_MAX ((size_t)16 << 20) /* octets */

static const char *current = "(no input yet)";
static unsigned long replayed;
static struct fp_story story;

static void show_story(void)
{
	if (story.text)
		fputs(story.text, stdout);
	fp_story_free(&story);
	fflush(stdout);
}

_Noreturn void fp_fuzz_found(const char *oracle, const char *what)
{
	show_story();
	fprintf(stderr, "forkpool-fuzz: %s: %s: %s (input %s)\n", fp_fuzz_target.name, oracle, what, current);
	abort();
}

static _Noreturn void die(const char *path, const char *why)
{
	fprintf(stderr, "replay: %s: %s\n", path, why);
	exit(2);
}

/* The file's octets in a block of exactly their number, so that memory checkers see a step too far. */
static uint8_t *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	struct stat st;
	if (!f || fstat(fileno(f), &st))
		die(path, "cannot be read");
	*len = (size_t)st.st_size;
	if (*len > INPUT_BYTES_MAX)
		die(path, "longer than 16 MiB");
	uint8_t *data = malloc(*len ? *len : 1);
	if (!data || fread(data, 1, *len, f) != *len)
		die(path, "cannot be read");
	fclose(f);
	return data;
}

static void explain(const uint8_t *data, size_t len)
{
	fp_story_tell(&story, "%s: %s, %zu octets\n", current, fp_fuzz_target.name, len);
	fp_fuzz_explain(data, len, &story);
	show_story();
}

static void replay_file(const char *path, bool is_told)
{
	size_t len;
	uint8_t *data = read_file(path, &len);
	current = path;
	if (is_told)
		explain(data, len);
	fp_fuzz_one(data, len);
	free(data);
	replayed++;
}

static int is_input(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

static void replay_directory(const char *path, bool is_told)
{
	struct dirent **names;
	int n = scandir(path, &names, is_input, alphasort);
	if (n < 0)
		die(path, "cannot be read");
	for (int i = 0; i < n; i++) {
		char file[4096];
		snprintf(file, sizeof file, "%s/%s", path, names[i]->d_name);
		replay_file(file, is_told);
		free(names[i]);
	}
	free(names);
}

static void replay(const char *path, bool is_told)
{
	struct stat st;
	if (stat(path, &st))
		die(path, "there is no such file");
	if (S_ISDIR(st.st_mode))
		replay_directory(path, is_told);
	else
		replay_file(path, is_told);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--about") == 0) {
		printf("%s\n  input:  %s\n  checks: %s\n", fp_fuzz_target.name, fp_fuzz_target.input, fp_fuzz_target.checks);
		return 0;
	}
	bool is_told = argc > 1 && strcmp(argv[1], "--explain") == 0;
	if (argc < 2 + is_told) {
		fprintf(stderr, "usage: replay [--explain] FILE|DIRECTORY... | --about\n");
		return 2;
	}
	for (int i = 1 + is_told; i < argc; i++)
		replay(argv[i], is_told);
	printf("%s: %lu inputs replayed, nothing found\n", fp_fuzz_target.name, replayed);
	return 0;
}
