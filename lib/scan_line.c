#include <string.h>

#include "scan.h"

static void
met(void *ctx, const struct seki_scan_hit *h)
{
	*(int *)ctx |= h->level >= SEKI_SCAN_SUSPECT;
}

int
seki_scan_line(const char *what, const char *line, struct seki_err *err)
{
	int number = 0, r;
	struct seki_scan_text to = { .hit = met, .ctx = &number };

	if (line == NULL || !seki_form_ok(SEKI_F_LINE, line))
		return 0;
	r = seki_scan_text(&to, line, strlen(line), 0, err);
	seki_buf_free(&to.points);
	if (r == -1 || !number)
		return r;
	return seki_fail(err, SEKI_USAGE,
	    _("%s: the number of a person must not stand here"), what);
}
