#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "cloud_int.h"

/* The service takes so many tokens with one request. */
#define TOKENS_MAX 9
#define ALL                                                                    \
	(SEKI_CLOUD_VIEW | SEKI_CLOUD_ADD | SEKI_CLOUD_EDIT |                  \
	    SEKI_CLOUD_DELETE | SEKI_CLOUD_ADMIN)

struct token {
	uint64_t app; /* 0: any */
	unsigned may;
	char *text;
};
struct seki_cloud_auth {
	struct token *token;
	size_t n;
};

static int
bad(const char *path, unsigned line, struct seki_err *err)
{
	seki_err_object(err, path);
	seki_fail(err, SEKI_CONFIG,
	    _("line %u: a line is [APP:]TOKEN[ PERMISSION,...]"), line);
	seki_err_hint(err, _("permissions are view, add, edit, delete and "
			     "admin; see seki-cloud(1)"));
	return -1;
}

static int
permissions(const char *s, unsigned *may)
{
	static const char *const word[] = { "view", "add", "edit", "delete",
		"admin" };
	size_t n, i;

	*may = 0;
	for (;;) {
		n = strcspn(s, ",");
		for (i = 0; i < 5; i++)
			if (strlen(word[i]) == n && strncmp(word[i], s, n) == 0)
				break;
		if (i == 5)
			return -1;
		*may |= 1u << i;
		if (s[n] == '\0')
			return 0;
		s += n + 1;
	}
}

static int
line(struct seki_cloud_auth *a, char *s, struct seki_err *err)
{
	struct token *t, new = { .may = ALL };
	char *colon = strchr(s, ':'), *gap = strchr(s, ' '), *end;

	if (gap != NULL) {
		*gap = '\0';
		if (permissions(gap + 1, &new.may) == -1)
			return 1;
	}
	if (colon != NULL) {
		errno = 0;
		new.app = strtoull(s, &end, 10);
		if (*s < '1' || *s > '9' || end != colon || errno != 0)
			return 1;
		s = colon + 1;
	}
	if (*s == '\0' ||
	    s[strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			"abcdefghijklmnopqrstuvwxyz0123456789-_.~")] != '\0')
		return 1;
	if ((t = reallocarray(a->token, a->n + 1, sizeof(*t))) == NULL ||
	    (a->token = t, new.text = strdup(s)) == NULL)
		return seki_err_nomem(err);
	a->token[a->n++] = new;
	return 0;
}

/* 40 letters and digits, as long as the service's own. */
static int
create(const char *path, struct seki_err *err)
{
	static const char set[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				  "abcdefghijklmnopqrstuvwxyz0123456789ab";
	unsigned char random[40];
	struct seki_out *out;
	char text[42];
	int r;

	if (getrandom(random, sizeof(random), 0) != sizeof(random))
		return seki_err_errno(err, "getrandom");
	for (size_t i = 0; i < 40; i++)
		text[i] = set[random[i] % 64];
	text[40] = '\n';
	text[41] = '\0';
	if ((out = seki_out_file(path, 0600, SEKI_OUT_NEW, err)) == NULL)
		return -1;
	if ((r = seki_out_str(out, text, err)) == -1)
		seki_out_abort(out);
	else
		r = seki_out_commit(out, err);
	explicit_bzero(text, sizeof(text));
	return r;
}

static int
parse(struct seki_cloud_auth *a, const char *path, char *text,
    struct seki_err *err)
{
	unsigned n = 0;
	char *s, *next;
	int r;

	for (s = text; s != NULL; s = next) {
		if ((next = strchr(s, '\n')) != NULL)
			*next++ = '\0';
		n++;
		if (*s == '\0' || *s == '#')
			continue;
		if ((r = line(a, s, err)) != 0)
			return r == 1 ? bad(path, n, err) : -1;
	}
	if (a->n > 0)
		return 0;
	seki_err_object(err, path);
	return seki_fail(err, SEKI_CONFIG, _("the file holds no token"));
}

struct seki_cloud_auth *
seki_cloud_auth_open(const char *path, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_cloud_auth *a;
	int r = 0;

	if ((a = calloc(1, sizeof(*a))) == NULL) {
		seki_err_nomem(err);
		return NULL;
	}
	if (access(path, F_OK) == -1 && errno == ENOENT)
		r = create(path, err);
	if (r == 0 && (r = seki_in_secret(path, &b, err)) == 0)
		r = parse(a, path, b.n > 0 ? b.p : (char[]){ "" }, err);
	seki_buf_wipe(&b);
	if (r == 0)
		return a;
	seki_cloud_auth_free(a);
	return NULL;
}

void
seki_cloud_auth_free(struct seki_cloud_auth *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->n; i++) {
		explicit_bzero(a->token[i].text, strlen(a->token[i].text));
		free(a->token[i].text);
	}
	free(a->token);
	free(a);
}

/* The next token of the header: 1, or 0 at its end. */
static int
next(const struct seki_cloud_auth *a, const char **s, const struct token **t)
{
	size_t n;

	*s += strspn(*s, ", \t");
	if (**s == '\0')
		return 0;
	n = strcspn(*s, ", \t");
	*t = NULL;
	for (size_t i = 0; i < a->n; i++)
		if (strlen(a->token[i].text) == n &&
		    memcmp(a->token[i].text, *s, n) == 0)
			*t = &a->token[i];
	*s += n;
	return 1;
}

int
seki_cloud_auth_known(const struct seki_cloud_auth *a, const char *header,
    struct seki_cloud_fault *fault)
{
	const struct token *t, *seen[TOKENS_MAX];
	const char *s = header;
	size_t n = 0;

	while (next(a, &s, &t)) {
		if (n == TOKENS_MAX)
			return seki_cloud_refuse(
			    fault, SEKI_CLOUD_CB_IL02, NULL, 0);
		if (t == NULL)
			return seki_cloud_refuse(
			    fault, SEKI_CLOUD_GAIA_IA02, NULL, 0);
		for (size_t i = 0; i < n; i++)
			if (seen[i]->app == t->app)
				return seki_cloud_refuse(
				    fault, SEKI_CLOUD_GAIA_DA03, NULL, 0);
		seen[n++] = t;
	}
	return n > 0 ? 0
		     : seki_cloud_refuse(fault, SEKI_CLOUD_CB_AU01, NULL, 0);
}

int
seki_cloud_auth_app(const struct seki_cloud_auth *a, const char *header,
    uint64_t app, unsigned any_of, struct seki_cloud_fault *fault)
{
	const struct token *t;
	const char *s = header;
	int known = 0;

	while (next(a, &s, &t)) {
		if (t == NULL || (t->app != 0 && t->app != app))
			continue;
		known = 1;
		if ((t->may & any_of) != 0)
			return 0;
	}
	return seki_cloud_refuse(fault,
	    known ? SEKI_CLOUD_GAIA_NO01 : SEKI_CLOUD_GAIA_IA02, NULL, 0);
}
