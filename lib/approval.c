#include <string.h>

#include "approval.h"

#define LABEL "seki-approval-1"
#define DIGITS 20
#define GROUP 5

/* lp of seki-stream(5): a text behind its length. */
static void
text(struct seki_sha256 *h, const char *s)
{
	const size_t n = strlen(s);
	const unsigned char length[4] = { (unsigned char)(n >> 24),
		(unsigned char)(n >> 16), (unsigned char)(n >> 8),
		(unsigned char)n };

	seki_sha256_add(h, length, sizeof(length));
	seki_sha256_add(h, s, n);
}

static void
number(struct seki_sha256 *h, uint64_t n)
{
	char s[24];

	(void)snprintf(s, sizeof(s), "%llu", (unsigned long long)n);
	text(h, s);
}

/*
 * What the page shows as subject of the approval, no more: number, dates and
 * carrier are not known yet, or may change without another decision.
 */
static void
content(struct seki_sha256 *h, const struct seki_manifest *m)
{
	char root[SEKI_HEX];
	uint64_t files = 0;
	size_t i;

	for (i = 0; i < m->nfile; i++)
		files += strcmp(m->file[i].role, "attachment") == 0;
	seki_text_hex(m->root, SEKI_SHA256, root);
	text(h, LABEL);
	text(h, m->org);
	text(h, m->stream);
	text(h, m->audience);
	text(h, m->kind);
	text(h, m->test ? "true" : "false");
	text(h, m->source.system);
	text(h, m->source.domain);
	text(h, m->source.app);
	text(h, root);
	number(h, m->records);
	number(h, m->held);
	number(h, m->deletes);
	text(h, m->attachments);
	number(h, files);
	text(h, m->title);
	text(h, m->purpose);
	text(h, m->class);
	text(h, m->period);
	text(h, m->scan);
	text(h, m->scan_by);
	text(h, m->scan_reason);
	text(h, seki_manifest_noted(m, "scan"));
}

/* The last digit of a number of so many bytes, which is divided by ten. */
static unsigned
digit(unsigned char *v, size_t n)
{
	unsigned rest = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		rest = rest << 8 | v[i];
		v[i] = (unsigned char)(rest / 10);
		rest %= 10;
	}
	return rest;
}

/* 20 digits, not terminated, as people copy them. */
static void
grouped(const char *digits, char code[SEKI_APPROVAL_CODE])
{
	size_t i, at = 0;

	for (i = 0; i < DIGITS; i++) {
		if (i > 0 && i % GROUP == 0)
			code[at++] = '-';
		code[at++] = digits[i];
	}
	code[at] = '\0';
}

int
seki_approval_code(const struct seki_manifest *m, char code[SEKI_APPROVAL_CODE],
    struct seki_err *err)
{
	unsigned char sum[SEKI_SHA256];
	struct seki_sha256 h;
	char digits[DIGITS];
	size_t i;

	if (seki_sha256_init(&h, err) == -1)
		return -1;
	seki_sha256_restart(&h);
	content(&h, m);
	seki_sha256_end(&h, sum);
	seki_sha256_free(&h);
	for (i = DIGITS; i > 0; i--)
		digits[i - 1] = (char)('0' + digit(sum, sizeof(sum)));
	grouped(digits, code);
	return 0;
}

int
seki_approval_recorded(const struct seki_manifest *m)
{
	return strcmp(m->approval_kind, "recorded") == 0;
}

const char *
seki_approval_name(const struct seki_manifest *m)
{
	return seki_manifest_noted(m, SEKI_NOTE_APPROVER);
}

int
seki_approval_same(const struct seki_manifest *m, struct seki_err *err)
{
	char code[SEKI_APPROVAL_CODE];

	if (seki_approval_code(m, code, err) == -1)
		return -1;
	return strcmp(m->approval_code, code) == 0;
}

int
seki_approval_check(const struct seki_manifest *m, struct seki_err *err)
{
	int same;

	if (!seki_approval_recorded(m) || m->parts > 1)
		return 0;
	if (m->approval_number[0] == '\0' || seki_approval_name(m)[0] == '\0')
		return seki_fail(err, SEKI_POLICY, "%s",
		    _("approval: recorded, and its number or who approved is "
		      "not named"));
	if ((same = seki_approval_same(m, err)) != 0)
		return same == 1 ? 0 : -1;
	return seki_fail(err, SEKI_POLICY, "%s",
	    _("approval: the check code is not that of this content"));
}

int
seki_approval_set(struct seki_manifest *m, const struct seki_approval *a,
    struct seki_err *err)
{
	if (seki_manifest_set(&m->approval_kind, "recorded", err) == -1 ||
	    seki_manifest_set(&m->approval_number, a->number, err) == -1 ||
	    seki_manifest_set(&m->approval_code, a->code, err) == -1)
		return -1;
	return seki_manifest_note(m, SEKI_NOTE_APPROVER, a->name, err);
}

static int
called(struct seki_err *err)
{
	seki_err_hint(err, "%s",
	    _("Write --approved 'NUMBER:NAME:CODE': the number that the "
	      "decision has, who decided, and the 20 digits of the page."));
	return -1;
}

/* Bytes of the blank that s begins, or with end that it ends with; 0: none. */
static size_t
blank(const char *s, size_t n, int end)
{
	static const char *const blanks[] = { " ", "　" };
	size_t i, k;

	for (i = 0; i < sizeof(blanks) / sizeof(blanks[0]); i++) {
		k = strlen(blanks[i]);
		if (n >= k && memcmp(end ? s + n - k : s, blanks[i], k) == 0)
			return k;
	}
	return 0;
}

/* Blanks that people put before and behind are no part of a text. */
static int
taken(char *to, size_t size, const char *s, size_t n, const char *what,
    struct seki_err *err)
{
	size_t k;

	for (; (k = blank(s, n, 0)) > 0; n -= k)
		s += k;
	while ((k = blank(s, n, 1)) > 0)
		n -= k;
	if (n > 0 && n < size) {
		memcpy(to, s, n);
		to[n] = '\0';
		if (seki_form_ok(SEKI_F_LINE, to))
			return 0;
	}
	if (n == 0)
		(void)seki_fail(
		    err, SEKI_USAGE, _("--approved: %s is missing"), what);
	else
		(void)seki_fail(err, SEKI_USAGE, "--approved: %s: %s", what,
		    seki_form_what(SEKI_F_LINE));
	return called(err);
}

/* What stands between digits, however it was typed. */
static int
between(uint32_t c)
{
	return c == ' ' || c == 0xA0 || c == 0x3000 || c == '-' || c == '\t' ||
	       (c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0x30FC ||
	       c == 0xFF0D || c == 0xFF70;
}

static int
code_of(const char *s, char code[SEKI_APPROVAL_CODE], struct seki_err *err)
{
	const size_t n = strlen(s);
	char digits[DIGITS];
	size_t i = 0, at = 0;
	uint32_t c;
	int bad = !seki_text_utf8(s, n, &i);

	for (i = 0; !bad && i < n;) {
		c = seki_text_get(s, n, &i);
		if (c >= 0xFF10 && c <= 0xFF19)
			c -= 0xFF10 - '0';
		if (c >= '0' && c <= '9' && at < DIGITS)
			digits[at++] = (char)c;
		else
			bad = !between(c);
	}
	if (!bad && at == DIGITS) {
		grouped(digits, code);
		return 0;
	}
	(void)seki_fail(err, SEKI_USAGE, "%s",
	    _("--approved: the check code is not 20 digits"));
	return called(err);
}

int
seki_approval_parse(
    const char *s, struct seki_approval *a, struct seki_err *err)
{
	const char *first = strchr(s, ':'), *last = strrchr(s, ':');

	if (first == NULL || first == last) {
		(void)seki_fail(err, SEKI_USAGE, "%s",
		    _("--approved: not NUMBER:NAME:CODE"));
		return called(err);
	}
	if (taken(a->number, sizeof(a->number), s, (size_t)(first - s),
		_("the number"), err) == -1 ||
	    taken(a->name, sizeof(a->name), first + 1,
		(size_t)(last - first - 1), _("the name of who approved"),
		err) == -1)
		return -1;
	return code_of(last + 1, a->code, err);
}

/* What the manifest of an encrypted bundle has in place of the code. */
static int
blinded(const char *code, const unsigned char *blind, char hex[SEKI_HEX],
    struct seki_err *err)
{
	unsigned char digest[SEKI_SHA256], out[SEKI_SHA256];

	if (seki_sha256_of(code, strlen(code), digest, err) == -1 ||
	    seki_seal_root(blind, digest, out, err) == -1)
		return -1;
	seki_text_hex(out, SEKI_SHA256, hex);
	return 0;
}

int
seki_approval_blind(
    struct seki_manifest *m, const unsigned char *blind, struct seki_err *err)
{
	char hex[SEKI_HEX];

	if (!seki_approval_recorded(m) || m->parts > 1)
		return 0;
	return blinded(m->approval_code, blind, hex, err) == -1
		   ? -1
		   : seki_manifest_set(&m->approval_code, hex, err);
}

int
seki_approval_unblind(
    struct seki_manifest *m, const unsigned char *blind, struct seki_err *err)
{
	char code[SEKI_APPROVAL_CODE], hex[SEKI_HEX];

	if (!seki_approval_recorded(m) || m->parts > 1)
		return 0;
	if (seki_approval_code(m, code, err) == -1 ||
	    blinded(code, blind, hex, err) == -1)
		return -1;
	return strcmp(m->approval_code, hex) != 0
		   ? 0
		   : seki_manifest_set(&m->approval_code, code, err);
}
