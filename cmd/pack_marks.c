#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pack.h"

static const char *
base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

static int
folder(const char *path, struct stat *st)
{
	char *copy = strdup(path);
	int r = copy == NULL ? -1 : stat(dirname(copy), st);

	free(copy);
	return r;
}

/* Behind the name of NAME.zip: -1of3.zip, -12of34.zip. */
static int
is_part(const char *s, const char *end)
{
	const char *const digits = "0123456789";
	size_t n;

	if (*s++ != '-' || (n = strspn(s, digits)) == 0)
		return 0;
	s += n;
	if (strncmp(s, "of", 2) != 0 || (n = strspn(s + 2, digits)) == 0)
		return 0;
	return strcmp(s + 2 + n, end) == 0;
}

/* A run that hands out again gives parts without --max-size, too. */
int
pack_marks_taken(const struct pack_options *o)
{
	const char *marks, *out, *end;
	struct stat a, b;
	size_t n;

	if (o->bookmarks == NULL || o->output == NULL)
		return 0;
	marks = base(o->bookmarks);
	out = base(o->output);
	end = strrchr(out, '.');
	end = end == NULL ? out + strlen(out) : end;
	n = (size_t)(end - out);
	if (strcmp(marks, out) != 0 &&
	    (strncmp(marks, out, n) != 0 ||
		(!is_part(marks + n, end) &&
		    (!o->text || strcmp(marks + n, ".txt") != 0))))
		return 0;
	return folder(o->bookmarks, &a) == 0 && folder(o->output, &b) == 0 &&
	       a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

int
pack_reserve(
    const struct pack_options *o, struct seki_out **marks, struct seki_err *err)
{
	*marks = NULL;
	if (o->bookmarks == NULL)
		return 0;
	*marks = seki_out_file(o->bookmarks, 0600, SEKI_OUT_REPLACE, err);
	return *marks == NULL ? -1 : 0;
}

int
pack_hand_on(const struct pack_options *o, struct seki_out *marks,
    const char *state, struct seki_err *err)
{
	int hidden = marks != NULL && isatty(1);

	if (!hidden)
		(void)printf("%s\n", state);
	if (marks == NULL)
		return 0;
	if (seki_out_str(marks, state, err) == 0 &&
	    seki_out_str(marks, "\n", err) == 0) {
		if (seki_out_commit(marks, err) == 0)
			return 0;
	} else
		seki_out_abort(marks);
	if (hidden)
		(void)printf("%s\n", state);
	seki_err_hint(err,
	    _("the bundle is out and stays good; store the line on standard "
	      "output in %s, or let the next pull begin where this one did"),
	    o->bookmarks);
	return -1;
}

void
pack_set_right(
    const struct pack_options *o, struct seki_out **marks, const char *state)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_out *out = *marks;

	if (out == NULL || state == NULL)
		return;
	*marks = NULL;
	if (seki_out_str(out, state, &err) == 0 &&
	    seki_out_str(out, "\n", &err) == 0) {
		if (seki_out_commit(out, &err) == 0)
			cmd_note(_("%s: holds the bookmarks of the last bundle "
				   "packed again; a pull now begins there"),
			    o->bookmarks);
	} else
		seki_out_abort(out);
}
