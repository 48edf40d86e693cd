#include <stdio.h>
#include <string.h>

#include "part.h"

int
seki_part_name(const char *name, uint64_t n, uint64_t of, struct seki_buf *to,
    struct seki_err *err)
{
	const char *slash = strrchr(name, '/'), *dot = strrchr(name, '.');
	const int digits = of > 9 ? 2 : 1;
	size_t stem;

	if (dot == NULL || (slash != NULL && dot < slash))
		dot = name + strlen(name);
	stem = (size_t)(dot - name);
	return seki_buf_fmt(to, err, "%.*s-%0*lluof%llu%s", (int)stem, name,
	    digits, (unsigned long long)n, (unsigned long long)of, dot);
}

static void
range(const struct seki_lines *r, char text[80])
{
	(void)snprintf(text, 80, "%llu-%llu/%llu", (unsigned long long)r->from,
	    (unsigned long long)r->to, (unsigned long long)r->of);
}

int
seki_lines_read(const struct seki_manifest *m, struct seki_lines *r)
{
	const char *s = seki_manifest_noted(m, SEKI_NOTE_LINES);
	unsigned long long from = 0, to = 0, of = 0;
	char text[80];

	if (sscanf(s, "%llu-%llu/%llu", &from, &to, &of) != 3)
		return -1;
	*r = (struct seki_lines){ from, to, of };
	range(r, text);
	return strcmp(s, text) == 0 && from >= 1 && from <= to && to <= of ? 0
									   : -1;
}

int
seki_lines_note(
    struct seki_manifest *m, const struct seki_lines *r, struct seki_err *err)
{
	char text[80];

	range(r, text);
	return seki_manifest_note(m, SEKI_NOTE_LINES, text, err);
}

int
seki_lines_meet(const struct seki_manifest *a, const struct seki_manifest *b)
{
	struct seki_lines first, then;

	return seki_lines_read(a, &first) == 0 &&
	       seki_lines_read(b, &then) == 0 && first.to + 1 == then.from;
}
