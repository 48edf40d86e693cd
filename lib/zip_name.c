#include "seki_int.h"

static int
own_char(char ch, int first)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') ||
	       (!first && (ch == '.' || ch == '_' || ch == '-'));
}

/*
 * One component of a name, n bytes.  Windows drops a dot or blank at its end,
 * so that two names would become one.
 */
static int
component_ok(const char *p, size_t n, int own)
{
	size_t i;

	if (n == 0 || p[n - 1] == '.' || p[n - 1] == ' ' || (own && n > 64))
		return 0;
	for (i = 0; i < n; i++)
		if (own ? !own_char(p[i], i == 0)
			: p[i] < 0x20 || p[i] > 0x7e || p[i] == '\\' ||
			      p[i] == ':')
			return 0;
	return 1;
}

/*
 * Names of a workbook's parts are ASCII (ECMA-376-2 7.3.4), and so are those
 * of attachments on a relay; so case is folded without Unicode tables.
 */
int
seki_zip_name_ok(const char *p, size_t n, int own)
{
	size_t i, start = 0, parts = 0;

	for (i = 0; i <= n; i++) {
		if (i < n && p[i] != '/')
			continue;
		if (!component_ok(p + start, i - start, own))
			return 0;
		start = i + 1;
		parts++;
	}
	return !own || parts <= 2;
}
