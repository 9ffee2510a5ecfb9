/* The cases. See catalogue.h. */
#include "catalogue.h"

#include "base.h"
#include "testee.h"

#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const char ending[] = ".transcript";

struct reading {
	struct fp_catalogue *c;
	const struct fp_spec *spec;
	struct fp_fault *fault;
};

static bool refuse(struct reading *r, const char *path, int error)
{
	snprintf(r->fault->text, sizeof r->fault->text, "%s: cannot be read: %s", path, strerror(error));
	return false;
}

/* ---- one file ---- */

/* The clauses and capabilities that a case names exist. */
static bool names_check(struct reading *r, const char *path, const struct fp_transcript *t)
{
	char *unknown = NULL;
	for (size_t i = 0; i < t->n_clauses && !unknown; i++)
		if (!fp_spec_find(r->spec, t->clauses[i]))
			unknown = fp_text("clause %s", t->clauses[i]);
	for (size_t i = 0; i < t->n_needs && !unknown; i++)
		if (!fp_testee_is_capability(t->needs[i]))
			unknown = fp_text("capability %s in TESTEE.md", t->needs[i]);
	if (!unknown)
		return true;
	snprintf(r->fault->text, sizeof r->fault->text, "%s:%u:1: case %s: there is no %s", path, t->number, t->name, unknown);
	free(unknown);
	return false;
}

static void case_add(struct reading *r, const char *name, const struct fp_transcript *t)
{
	struct fp_catalogue *c = r->c;
	const struct fp_clause *clause = t->n_clauses ? fp_spec_find(r->spec, t->clauses[0]) : NULL;
	enum fp_level level = t->level != FP_LEVEL_OF_CLAUSE ? t->level : clause ? clause->level : FP_LEVEL_MUST;
	c->cases = fp_grow(c->cases, c->n + 1, sizeof *c->cases);
	c->cases[c->n++] = (struct fp_case){t, fp_text("%s/%s", name, t->name), level, clause};
}

/* `name` is the path below the folder. */
static bool file_read(struct reading *r, const char *path, const char *name)
{
	struct fp_catalogue *c = r->c;
	struct fp_transcripts *file = fp_get(1, sizeof *file);
	if (!fp_transcripts_read(file, path, r->fault)) {
		free(file);
		return false;
	}
	c->files = fp_grow(c->files, c->n_files + 1, sizeof *c->files);
	c->files[c->n_files++] = file;
	size_t len = strlen(name), end = sizeof ending - 1;
	char *stem = fp_text("%.*s", (int)(len > end && !strcmp(name + len - end, ending) ? len - end : len), name);
	bool is_right = true;
	for (size_t i = 0; i < file->n && is_right; i++) {
		is_right = names_check(r, path, &file->cases[i]);
		case_add(r, stem, &file->cases[i]);
	}
	free(stem);
	return is_right;
}

/* ---- a folder ---- */

static bool has_ending(const char *name)
{
	size_t len = strlen(name), end = sizeof ending - 1;
	return len > end && !strcmp(name + len - end, ending);
}

static int is_visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static int by_octets(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool folder_read(struct reading *r, const char *path, const char *name, int depth);

static bool entry_read(struct reading *r, const char *path, const char *name, int depth)
{
	struct stat s;
	if (stat(path, &s) < 0) /* what is not for us may be a link to nowhere, or gone by now */
		return !has_ending(name) || refuse(r, path, errno);
	if (S_ISDIR(s.st_mode))
		return folder_read(r, path, name, depth + 1);
	return !has_ending(name) || file_read(r, path, name);
}

static bool folder_read(struct reading *r, const char *path, const char *name, int depth)
{
	struct dirent **entries;
	if (depth > FP_CATALOGUE_DEPTH_MAX)
		return refuse(r, path, ELOOP);
	int n = scandir(path, &entries, is_visible, by_octets);
	if (n < 0)
		return refuse(r, path, errno);
	bool is_right = true;
	for (int i = 0; i < n; i++) {
		char *below = fp_text("%s/%s", path, entries[i]->d_name);
		char *called = fp_text("%s%s%s", name, *name ? "/" : "", entries[i]->d_name);
		is_right = is_right && entry_read(r, below, called, depth);
		free(below);
		free(called);
		free(entries[i]);
	}
	free(entries);
	return is_right;
}

bool fp_catalogue_read(struct fp_catalogue *c, const char *path, const struct fp_spec *spec, struct fp_fault *fault)
{
	struct reading r = {c, spec, fault};
	struct stat s;
	const char *slash = strrchr(path, '/');
	*c = (struct fp_catalogue){0};
	if (stat(path, &s) < 0)
		return refuse(&r, path, errno);
	return S_ISDIR(s.st_mode) ? folder_read(&r, path, "", 0) : file_read(&r, path, slash ? slash + 1 : path);
}

void fp_catalogue_fini(struct fp_catalogue *c)
{
	for (size_t i = 0; i < c->n; i++)
		free(c->cases[i].id);
	for (size_t i = 0; i < c->n_files; i++) {
		fp_transcripts_fini(c->files[i]);
		free(c->files[i]);
	}
	free(c->cases);
	free(c->files);
	*c = (struct fp_catalogue){0};
}

/* ---- choice ---- */

bool fp_case_has_clause(const struct fp_case *c, const char *glob)
{
	for (size_t i = 0; i < c->of->n_clauses; i++)
		if (!fnmatch(glob, c->of->clauses[i], 0))
			return true;
	return false;
}

static bool has_id(const struct fp_case *c, const char *glob)
{
	return !fnmatch(glob, c->id, 0);
}

static bool fits_any(const struct fp_case *c, const struct fp_split *g, bool (*has)(const struct fp_case *, const char *))
{
	for (size_t i = 0; i < g->n; i++)
		if (has(c, g->words[i]))
			return true;
	return g->n == 0;
}

bool fp_case_is_chosen(const struct fp_case *c, const struct fp_choice *choice)
{
	return c->of->side == choice->side && fits_any(c, &choice->clauses, fp_case_has_clause) && fits_any(c, &choice->ids, has_id) &&
	       (choice->level == FP_LEVEL_OF_CLAUSE || c->level == choice->level);
}

static bool is_met(const struct fp_catalogue *c, const char *glob, bool (*has)(const struct fp_case *, const char *))
{
	for (size_t i = 0; i < c->n; i++)
		if (has(&c->cases[i], glob))
			return true;
	return false;
}

static bool are_met(const struct fp_catalogue *c, const struct fp_split *g, const char *option,
                    bool (*has)(const struct fp_case *, const char *), struct fp_fault *fault)
{
	for (size_t i = 0; i < g->n; i++) {
		if (is_met(c, g->words[i], has))
			continue;
		snprintf(fault->text, sizeof fault->text, "no case is selected by %s '%s': look at 'forkpool-conform list'", option,
		         g->words[i]);
		return false;
	}
	return true;
}

void fp_choice_fini(struct fp_choice *choice)
{
	fp_split_fini(&choice->clauses);
	fp_split_fini(&choice->ids);
}

bool fp_choice_is_met(const struct fp_choice *choice, const struct fp_catalogue *c, struct fp_fault *fault)
{
	return are_met(c, &choice->clauses, "--clause", fp_case_has_clause, fault) && are_met(c, &choice->ids, "--case", has_id, fault);
}
