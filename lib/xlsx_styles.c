#include <stdlib.h>
#include <string.h>

#include "xlsx_int.h"

/*
 * Which cells hold dates: ECMA-376 18.8.30 (numFmt), with the built-in ids
 * that Japanese Excel adds.  Only the format tells a date from a number.
 */
struct styles {
	struct seki_xlsx *x;
	struct custom {
		unsigned long id;
		enum seki_xlsx_as as;
	} * custom;
	size_t ncustom;
	int in_cells; /* inside cellXfs: cellStyleXfs are not what cells name */
};

/* The letters of one format that count; quoted, escaped and bracketed text is
 * for the eye, but [h] counts hours. */
enum { DAY = 1, CLOCK = 2, MINUTE_OR_MONTH = 4 };

static unsigned
letter(char c, char before)
{
	switch (c | 0x20) {
	case 'y':
	case 'd':
	case 'g':
	case 'b': /* Buddhist years */
	case 'r': /* era and year */
		return DAY;
	case 'e': /* the year of an era; 0.00E+00 is none */
		return before == '0' || before == '#' || before == '.' ? 0
								       : DAY;
	case 'h':
	case 's':
		return CLOCK;
	case 'm':
		return MINUTE_OR_MONTH;
	default:
		return 0;
	}
}

static const char *
bracket(const char *s, unsigned *seen)
{
	const char *end = strchr(s, ']');

	if (end == NULL)
		return s + strlen(s) - 1;
	if (end == s + strspn(s + 1, "hms") + 1 ||
	    end == s + strspn(s + 1, "HMS") + 1)
		*seen |= end > s + 1 ? CLOCK : 0;
	return end;
}

enum seki_xlsx_as
seki_xlsx_format(const char *s)
{
	unsigned seen = 0;
	char before = '\0';
	const char *end;

	/* General and its Japanese spelling have such letters too. */
	if (strncasecmp(s, "General", 7) == 0 || strncmp(s, "G/", 2) == 0)
		return SEKI_AS_PLAIN;
	for (; *s != '\0' && *s != ';'; before = *s++)
		if (*s == '"') {
			if ((end = strchr(s + 1, '"')) == NULL)
				break;
			s = end;
		} else if ((*s == '\\' || *s == '_' || *s == '*') &&
			   s[1] != '\0')
			s++;
		else if (*s == '[')
			s = bracket(s, &seen);
		else
			seen |= letter(*s, before);
	if ((seen & DAY) != 0)
		return (seen & CLOCK) != 0 ? SEKI_AS_DATETIME : SEKI_AS_DATE;
	if ((seen & CLOCK) != 0)
		return SEKI_AS_TIME;
	return seen == MINUTE_OR_MONTH ? SEKI_AS_DATE : SEKI_AS_PLAIN;
}

static enum seki_xlsx_as
built_in(unsigned long id)
{
	if (id == 22)
		return SEKI_AS_DATETIME;
	if ((id >= 18 && id <= 21) || (id >= 32 && id <= 35) ||
	    (id >= 45 && id <= 47))
		return SEKI_AS_TIME;
	if ((id >= 14 && id <= 17) || (id >= 27 && id <= 31) || id == 36 ||
	    (id >= 50 && id <= 58))
		return SEKI_AS_DATE;
	return SEKI_AS_PLAIN;
}

static enum seki_xlsx_as
by_id(const struct styles *s, unsigned long id)
{
	size_t i;

	for (i = 0; i < s->ncustom; i++)
		if (s->custom[i].id == id)
			return s->custom[i].as;
	return built_in(id);
}

static void
format(struct seki_xml *xml, const char **atts)
{
	struct styles *s = xml->ctx;
	const char *id = seki_xml_att(atts, "numFmtId");
	const char *code = seki_xml_att(atts, "formatCode");
	struct custom *c;

	if (id == NULL || code == NULL)
		return;
	if (s->ncustom == SEKI_XLSX_FORMATS) {
		(void)seki_xml_fail(xml, SEKI_LIMIT, _("too many formats"));
		return;
	}
	c = reallocarray(s->custom, s->ncustom + 1, sizeof(*c));
	if (c == NULL) {
		(void)seki_err_nomem(xml->err);
		seki_xml_stop(xml);
		return;
	}
	s->custom = c;
	c[s->ncustom].id = strtoul(id, NULL, 10);
	c[s->ncustom++].as = seki_xlsx_format(code);
}

static void
style(struct seki_xml *xml, const char **atts)
{
	struct styles *s = xml->ctx;
	const char *id = seki_xml_att(atts, "numFmtId");
	unsigned char *as;

	if (s->x->nas == SEKI_XLSX_FORMATS) {
		(void)seki_xml_fail(xml, SEKI_LIMIT, _("too many formats"));
		return;
	}
	if ((as = realloc(s->x->as, s->x->nas + 1)) == NULL) {
		(void)seki_err_nomem(xml->err);
		seki_xml_stop(xml);
		return;
	}
	s->x->as = as;
	as[s->x->nas++] =
	    (unsigned char)by_id(s, id == NULL ? 0 : strtoul(id, NULL, 10));
}

static void
start(
    struct seki_xml *xml, enum seki_ns ns, const char *local, const char **atts)
{
	struct styles *s = xml->ctx;

	if (ns != SEKI_NS_MAIN)
		return;
	if (xml->depth == 2)
		s->in_cells = strcmp(local, "cellXfs") == 0;
	else if (xml->depth == 3 && strcmp(local, "numFmt") == 0)
		format(xml, atts);
	else if (xml->depth == 3 && s->in_cells && strcmp(local, "xf") == 0)
		style(xml, atts);
}

static void
end(struct seki_xml *xml)
{
	(void)xml;
}

static void
text(struct seki_xml *xml, const char *p, size_t n)
{
	(void)xml;
	(void)p;
	(void)n;
}

static const struct seki_xml_ops ops = { start, end, text };

int
seki_xlsx_styles(struct seki_xlsx *x, struct seki_err *err)
{
	struct styles s = { .x = x };
	int r;

	if (x->style_part == NULL || x->nas > 0)
		return 0;
	r = seki_xml_whole(x, x->style_part, &ops, &s, err);
	free(s.custom);
	return r;
}

enum seki_xlsx_as
seki_xlsx_as(const struct seki_xlsx *x, uint32_t style)
{
	return style < x->nas ? (enum seki_xlsx_as)x->as[style] : SEKI_AS_PLAIN;
}
