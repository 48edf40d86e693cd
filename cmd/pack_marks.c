#include <unistd.h>

#include "pack.h"

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
