#include <limits.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "cloud_int.h"

struct rule {
	char *spec;
	const char *method; /* NULL: any */
	const char *name;   /* "*": any */
	unsigned long from, to;
	struct seki_cloud_failure f;
	_Atomic unsigned long seen;
	struct rule *next;
};
struct seki_cloud_trouble {
	struct rule *first;
};

enum arg { NO, MAY, MUST };
static const struct {
	const char *word;
	enum seki_cloud_fail what;
	enum arg text, number;
} words[] = {
	{ "code", SEKI_CLOUD_F_CODE, MUST, NO },
	{ "maintenance", SEKI_CLOUD_F_MAINTENANCE, NO, NO },
	{ "html", SEKI_CLOUD_F_HTML, NO, NO },
	{ "drop", SEKI_CLOUD_F_DROP, NO, NO },
	{ "redirect", SEKI_CLOUD_F_REDIRECT, MAY, NO },
	{ "gone", SEKI_CLOUD_F_GONE, NO, NO },
	{ "delay", SEKI_CLOUD_F_DELAY, NO, MUST },
	{ "edit", SEKI_CLOUD_F_EDIT, NO, MAY },
	{ "delete", SEKI_CLOUD_F_DELETE, NO, MAY },
	{ "insert", SEKI_CLOUD_F_INSERT, NO, NO },
	{ "repeat", SEKI_CLOUD_F_REPEAT, NO, NO },
	{ "missing", SEKI_CLOUD_F_MISSING, NO, NO },
	{ "hide", SEKI_CLOUD_F_HIDE, MUST, NO },
	{ "empty", SEKI_CLOUD_F_EMPTY, NO, NO },
	{ "extra", SEKI_CLOUD_F_EXTRA, NO, NO },
	{ "deploy", SEKI_CLOUD_F_DEPLOY, NO, NO },
	{ "cut", SEKI_CLOUD_F_CUT, NO, NO },
	{ "short", SEKI_CLOUD_F_SHORT, NO, NO },
	{ "slow", SEKI_CLOUD_F_SLOW, NO, MAY },
	{ "gzip", SEKI_CLOUD_F_GZIP, NO, NO },
	{ "warning", SEKI_CLOUD_F_WARNING, NO, NO },
};

static int
bad(const char *spec, struct seki_err *err)
{
	seki_err_object(err, spec);
	seki_err_hint(err, "--fault records:2:503");
	return seki_fail(err, SEKI_USAGE,
	    _("not API:NUMBER:FAULT; see seki-cloud(1), FAULTS"));
}

/* The number that a text is, up to its end; 0 is none. */
static unsigned long
number(const char *s, char **end)
{
	*end = NULL;
	return *s >= '1' && *s <= '9' ? strtoul(s, end, 10) : 0;
}

/* "3", "3-5", "3-", "*". */
static int
when(struct rule *r, const char *s)
{
	char *end;

	r->from = 1;
	r->to = ULONG_MAX;
	if (strcmp(s, "*") == 0)
		return 0;
	if ((r->from = number(s, &end)) == 0)
		return -1;
	if (*end == '\0') {
		r->to = r->from;
		return 0;
	}
	if (*end++ != '-')
		return -1;
	if (*end == '\0')
		return 0;
	r->to = number(end, &end);
	return r->to >= r->from && *end == '\0' ? 0 : -1;
}

static int
known(const char *code)
{
#define X(name, status, ja, en)                                                \
	if (strcmp(code, #name) == 0)                                          \
		return SEKI_CLOUD_##name;
	SEKI_CLOUD_CODES(X)
#undef X
	return SEKI_CLOUD_OK;
}

static int
what(struct rule *r, char *s)
{
	char *arg = strchr(s, '='), *end;

	r->f.n = number(s, &end);
	if (r->f.n >= 400 && r->f.n <= 599 && *end == '\0') {
		r->f.what = SEKI_CLOUD_F_STATUS;
		return 0;
	}
	r->f.n = 0;
	if (arg != NULL)
		*arg++ = '\0';
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, s) != 0)
			continue;
		r->f.what = words[i].what;
		r->f.text = arg;
		if (arg == NULL)
			return words[i].text == MUST || words[i].number == MUST
				   ? -1
				   : 0;
		if (words[i].text == NO && words[i].number == NO)
			return -1;
		if (words[i].number != NO &&
		    ((r->f.n = number(arg, &end)) == 0 || *end != '\0'))
			return -1;
		if (r->f.what != SEKI_CLOUD_F_CODE)
			return 0;
		r->f.n = (unsigned long)known(arg);
		return r->f.n == SEKI_CLOUD_OK ? -1 : 0;
	}
	return -1;
}

/* "records:3:503"; with a method "GET/records/cursor:2:gone". */
static int
parse(struct rule *r)
{
	static const char *const methods[] = { "GET", "POST", "PUT", "DELETE" };
	char *s = r->spec, *count, *fault, path[160];
	uint64_t space;
	int there;

	if ((count = strchr(s, ':')) == NULL ||
	    (fault = strchr(count + 1, ':')) == NULL)
		return -1;
	*count++ = '\0';
	*fault++ = '\0';
	for (size_t i = 0; i < 4; i++) {
		size_t n = strlen(methods[i]);

		if (strncmp(s, methods[i], n) == 0 && s[n] == '/') {
			r->method = methods[i];
			s += n + 1;
			break;
		}
	}
	r->name = s;
	if (strcmp(s, "*") != 0) {
		(void)snprintf(path, sizeof(path), "/k/v1/%s.json", s);
		(void)seki_cloud_route("", path, &space, &there);
		if (!there)
			return -1;
	}
	return when(r, count) == -1 ? -1 : what(r, fault);
}

int
seki_cloud_trouble_add(
    struct seki_cloud_trouble **t, const char *spec, struct seki_err *err)
{
	struct rule *r, **at;

	if (*t == NULL && (*t = calloc(1, sizeof(**t))) == NULL)
		return seki_err_nomem(err);
	if ((r = calloc(1, sizeof(*r))) == NULL ||
	    (r->spec = strdup(spec)) == NULL) {
		free(r);
		return seki_err_nomem(err);
	}
	for (at = &(*t)->first; *at != NULL;)
		at = &(*at)->next;
	*at = r;
	return parse(r) == -1 ? bad(spec, err) : 0;
}

static int
same(const char *path, const char *name)
{
	const char *v1 = strstr(path, "/v1/");
	size_t n = strlen(name);

	if (strcmp(name, "*") == 0)
		return 1;
	return v1 != NULL && strncmp(v1 + 4, name, n) == 0 &&
	       strcmp(v1 + 4 + n, ".json") == 0;
}

void
seki_cloud_trouble_count(struct seki_cloud_trouble *t, const char *method,
    const char *path, struct seki_cloud_failure f[SEKI_CLOUD_FAILURES])
{
	size_t n = 0;

	for (struct rule *r = t != NULL ? t->first : NULL; r != NULL;
	     r = r->next) {
		unsigned long seen;

		if ((r->method != NULL && strcmp(r->method, method) != 0) ||
		    !same(path, r->name))
			continue;
		seen = atomic_fetch_add(&r->seen, 1) + 1;
		if (seen >= r->from && seen <= r->to &&
		    n < SEKI_CLOUD_FAILURES - 1)
			f[n++] = r->f;
	}
	f[n].what = SEKI_CLOUD_F_NONE;
}

const struct seki_cloud_failure *
seki_cloud_trouble_has(
    const struct seki_cloud_failure *f, enum seki_cloud_fail kind)
{
	for (; f->what != SEKI_CLOUD_F_NONE; f++)
		if (f->what == kind)
			return f;
	return NULL;
}

void
seki_cloud_trouble_free(struct seki_cloud_trouble *t)
{
	struct rule *r;

	if (t == NULL)
		return;
	while ((r = t->first) != NULL) {
		t->first = r->next;
		free(r->spec);
		free(r);
	}
	free(t);
}
