#include <string.h>
#include <unistd.h>

#include "grid_int.h"

/* CSV and TSV, decoded; the rules of RFC 4180 are csv.c's. */

/* What separates cells, by the first line outside of quotes: a table without a
 * TAB there has commas. */
static int
separator(struct seki_grid *g, struct seki_in *in, struct seki_err *err)
{
	char c[SEKI_CHUNK];
	int quoted = 0;
	ssize_t i, n;

	g->separator = ',';
	while ((n = seki_in_read(in, c, sizeof(c), err)) > 0)
		for (i = 0; i < n; i++) {
			if (c[i] == '"')
				quoted = !quoted;
			else if (c[i] == '\t' && !quoted) {
				g->separator = '\t';
				return 0;
			} else if (c[i] == '\n' && !quoted)
				return 0;
		}
	return n == 0 ? 0 : -1;
}

static struct seki_in *
text(struct seki_grid *g, struct seki_err *err)
{
	struct seki_in *in = seki_in_again(g->fd, g->name, err);

	return in == NULL ? NULL : seki_decode_in(in, g->encoding, err);
}

int
seki_grid_text_open(struct seki_grid *g, struct seki_err *err)
{
	struct seki_in *in;
	int r = 0;

	seki_grid_text_close(g);
	if (g->how.separator != '\0')
		g->separator = g->how.separator;
	if (g->separator == '\0') {
		if ((in = text(g, err)) == NULL)
			return -1;
		r = separator(g, in, err);
		seki_in_free(in);
	}
	if (r == -1 || (in = text(g, err)) == NULL ||
	    (g->csv = seki_csv_open_by(in, g->separator, err)) == NULL)
		return -1;
	return 0;
}

int
seki_grid_text_next(struct seki_grid *g, size_t *n, struct seki_err *err)
{
	const struct seki_csv_cell *cell;
	size_t i;
	int r = seki_csv_next(g->csv, &cell, n, err);

	g->row = seki_csv_row(g->csv);
	if (r != 1)
		return r;
	if (seki_grid_room(g, *n, err) == -1)
		return -1;
	for (i = 0; i < *n; i++) {
		g->cell[i].p = cell[i].p;
		g->cell[i].n = cell[i].n;
		g->cell[i].kind = SEKI_GRID_TEXT;
		g->cell[i].formula = 0;
	}
	return 1;
}

void
seki_grid_text_close(struct seki_grid *g)
{
	seki_csv_free(g->csv);
	g->csv = NULL;
}
