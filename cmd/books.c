#include <string.h>

#include "books.h"
#include "cmd.h"

static int
ends(const char *path, const char *with)
{
	size_t n = strlen(path), k = strlen(with);

	return n > k && seki_norm_same(path + n - k, with);
}

static int
open_file(
    const char *path, int csv, struct seki_out **out, struct seki_err *err)
{
	if (ends(path, ".xlsx") || (csv && ends(path, ".csv"))) {
		*out = seki_out_file(path, 0600, SEKI_OUT_NEW, err);
		if (*out == NULL)
			seki_err_object(err, path);
		return *out == NULL ? -1 : 0;
	}
	seki_err_object(err, path);
	return seki_fail(err, SEKI_USAGE, "%s",
	    csv ? _("the file's name ends with .xlsx or .csv")
		: _("the file's name ends with .xlsx"));
}

int
books_open(struct books *b, struct seki_plan *plan, struct seki_char_files *f,
    struct seki_err *err)
{
	struct seki_plan_more more = { .standins = &f->standins };
	int places;

	if (b->held_path != NULL &&
	    (open_file(b->held_path, 0, &b->held_out, err) == -1 ||
		(b->held = seki_held_book_new(plan, NULL, err)) == NULL))
		return -1;
	if (b->characters_path != NULL) {
		places = !ends(b->characters_path, ".csv");
		if (open_file(b->characters_path, 1, &b->characters_out, err) ==
			-1 ||
		    (b->characters = seki_characters_new(plan->in, &f->tables,
			 &f->standins, places, NULL, err)) == NULL)
			return -1;
	}
	more.held = b->held;
	more.characters = b->characters;
	seki_plan_with(plan, &more);
	return 0;
}

static int
commit(struct seki_out **out, const char *path, struct seki_err *err)
{
	struct seki_out *o = *out;

	*out = NULL;
	if (seki_out_commit(o, err) == 0)
		return 0;
	seki_err_object(err, path);
	return -1;
}

int
books_save(
    struct books *b, const struct seki_held_run *run, struct seki_err *err)
{
	int english = strcmp(cmd.lang, "en") == 0;

	if (b->held != NULL &&
	    (seki_held_book_save(b->held, run, b->held_out, err) == -1 ||
		commit(&b->held_out, b->held_path, err) == -1))
		return -1;
	if (b->characters == NULL)
		return 0;
	if ((ends(b->characters_path, ".csv") ? seki_characters_csv
					      : seki_characters_book)(
		b->characters, b->characters_out, english, err) == -1)
		return -1;
	return commit(&b->characters_out, b->characters_path, err);
}

void
books_close(struct books *b)
{
	seki_out_abort(b->held_out);
	seki_out_abort(b->characters_out);
	seki_held_book_free(b->held);
	seki_characters_free(b->characters);
}
