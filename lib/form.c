#include <stdlib.h>

#include "seki_int.h"

static const char low[] = "abcdefghijklmnopqrstuvwxyz";
static const char up[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digit[] = "0123456789";

/* All of s consists of the characters of up to four sets. */
static int
made_of(
    const char *s, const char *a, const char *b, const char *c, const char *d)
{
	for (; *s != '\0'; s++)
		if (strchr(a, *s) == NULL && strchr(b, *s) == NULL &&
		    strchr(c, *s) == NULL && strchr(d, *s) == NULL)
			return 0;
	return 1;
}

static int
begins_alnum(const char *s)
{
	return *s != '\0' &&
	       (strchr(low, *s) != NULL || strchr(digit, *s) != NULL);
}

static int
within(const char *s, size_t min, size_t max)
{
	size_t n = strlen(s);

	return n >= min && n <= max;
}

/* Five digits and their check digit (municipal rules 3.4). */
static int
org_ok(const char *s)
{
	int i, sum = 0;

	if (!within(s, 6, 6) || !made_of(s, digit, "", "", ""))
		return 0;
	for (i = 0; i < 5; i++)
		sum += (s[i] - '0') * (6 - i);
	return s[5] - '0' == (11 - sum % 11) % 10;
}

/* The first character rules out "..", which would climb out of a folder that
 * is named after a stream, and names that look like an option. */
static int
stream_ok(const char *s)
{
	return begins_alnum(s) && within(s, 1, SEKI_STREAM_MAX) &&
	       made_of(s, low, digit, ".-", "");
}

static int
id_ok(const char *s)
{
	return begins_alnum(s) && within(s, 1, SEKI_ID_MAX) &&
	       made_of(s, low, digit, ".-", "");
}

static int
id_or_none(const char *s)
{
	return *s == '\0' || id_ok(s);
}

static int
hex_ok(const char *s)
{
	return within(s, 64, 64) && made_of(s, digit, "abcdef", "", "");
}

static int
hex_or_none(const char *s)
{
	return *s == '\0' || hex_ok(s);
}

static int
component_ok(const char *s, size_t n)
{
	char part[65];

	if (n == 0 || n >= sizeof(part))
		return 0;
	memcpy(part, s, n);
	part[n] = '\0';
	return begins_alnum(part) && made_of(part, low, digit, "._-", "");
}

/* An entry of a bundle (threats C1): one or two components. */
static int
entry_ok(const char *s)
{
	const char *slash = strchr(s, '/');

	if (slash == NULL)
		return component_ok(s, strlen(s));
	return component_ok(s, (size_t)(slash - s)) &&
	       component_ok(slash + 1, strlen(slash + 1));
}

static int
word_ok(const char *s)
{
	return within(s, 0, 32) && made_of(s, low, digit, "-", "");
}

static int
system_ok(const char *s)
{
	return begins_alnum(s) && word_ok(s);
}

static int
domain_ok(const char *s)
{
	return within(s, 0, 253) && made_of(s, low, up, digit, "._:[]-");
}

static int
app_ok(const char *s)
{
	return within(s, 0, 64) && made_of(s, low, up, digit, "._-");
}

static int
label_ok(const char *s)
{
	return within(s, 0, 128) && made_of(s, low, up, digit, "._-");
}

static int
digits_ok(const char *s)
{
	return within(s, 0, 32) && made_of(s, digit, "", "", "");
}

static int
time_or_none(const char *s)
{
	seki_time t;

	return *s == '\0' || seki_time_parse(s, strlen(s), &t) == 0;
}

/* Printable text; lf says whether it may have several lines. */
static int
plain(const char *s, size_t max, int lf)
{
	size_t i = 0, n = strlen(s);
	uint32_t c;

	if (n > max || !seki_text_utf8(s, n, &i))
		return 0;
	for (i = 0; i < n;) {
		c = seki_text_get(s, n, &i);
		if (c == '\n' && lf)
			continue;
		if (c < 0x20 || (c >= 0x7F && c < 0xA0))
			return 0;
	}
	return 1;
}

static int
line_ok(const char *s)
{
	return plain(s, 512, 0);
}

static int
note_ok(const char *s)
{
	return plain(s, 4096, 1);
}

static int
one_of(const char *s, const char *const *word)
{
	for (; *word != NULL; word++)
		if (strcmp(s, *word) == 0)
			return 1;
	return 0;
}

static int
kind_ok(const char *s)
{
	static const char *const word[] = { "full", "delta", NULL };

	return one_of(s, word);
}

static int
carrier_ok(const char *s)
{
	static const char *const word[] = { "media", "relay", NULL };

	return one_of(s, word);
}

static int
attachments_ok(const char *s)
{
	static const char *const word[] = { "none", "all", NULL };

	return one_of(s, word);
}

static int
approval_ok(const char *s)
{
	static const char *const word[] = { "", "signed", "recorded", NULL };

	return one_of(s, word);
}

static int
role_ok(const char *s)
{
	static const char *const word[] = { "records", "view", "attachment",
		"frame", "list", NULL };

	return one_of(s, word);
}

static const struct {
	int (*ok)(const char *);
	const char *what;
} forms[] = {
	[SEKI_F_ORG] = { org_ok,
	    N_("not a municipality code of 6 digits with its check digit") },
	[SEKI_F_STREAM] = { stream_ok,
	    N_("not a stream's name: 1 to 64 of a-z, 0-9, dot, hyphen, and a "
	       "letter or digit first") },
	[SEKI_F_ID] = { id_ok,
	    N_("not an id: 1 to 63 of a-z, 0-9, dot, hyphen, and a letter or "
	       "digit first") },
	[SEKI_F_ID_OR_NONE] = { id_or_none,
	    N_("neither empty nor an id of a person") },
	[SEKI_F_HEX] = { hex_ok,
	    N_("not a digest: 64 hexadecimal digits in lower case") },
	[SEKI_F_HEX_OR_NONE] = { hex_or_none,
	    N_("neither empty nor 64 hexadecimal digits in lower case") },
	[SEKI_F_ENTRY] = { entry_ok,
	    N_("not a name an entry of a bundle may have") },
	[SEKI_F_KIND] = { kind_ok, N_("neither full nor delta") },
	[SEKI_F_CARRIER] = { carrier_ok, N_("neither media nor relay") },
	[SEKI_F_ATTACHMENTS] = { attachments_ok, N_("neither none nor all") },
	[SEKI_F_APPROVAL] = { approval_ok,
	    N_("neither empty nor signed nor recorded") },
	[SEKI_F_ROLE] = { role_ok,
	    N_("not a role a file of a bundle may have") },
	[SEKI_F_SYSTEM] = { system_ok,
	    N_("not the name of a system: 1 to 32 of a-z, 0-9, hyphen") },
	[SEKI_F_WORD] = { word_ok,
	    N_("not a word: at most 32 of a-z, 0-9, hyphen") },
	[SEKI_F_DOMAIN] = { domain_ok, N_("not a host name") },
	[SEKI_F_APP] = { app_ok,
	    N_("not an app: at most 64 letters, digits, dot, _, hyphen") },
	[SEKI_F_LABEL] = { label_ok,
	    N_("not an id: at most 128 letters, digits, dot, _, hyphen") },
	[SEKI_F_DIGITS] = { digits_ok, N_("not a number of up to 32 digits") },
	[SEKI_F_TIME_OR_NONE] = { time_or_none,
	    N_("neither empty nor an instant like 2026-04-01T00:15:00Z") },
	[SEKI_F_LINE] = { line_ok,
	    N_("not one line of text of at most 512 bytes") },
	[SEKI_F_NOTE] = { note_ok, N_("not text of at most 4096 bytes") },
};

int
seki_form_ok(enum seki_form form, const char *s)
{
	return forms[form].ok(s);
}

const char *
seki_form_what(enum seki_form form)
{
	return _(forms[form].what);
}
