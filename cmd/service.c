#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "service.h"

struct cmd_service cmd_service;

static struct seki_buf token, password, basic_password, pfx_password,
    proxy_password;
static struct seki_proxy proxy;
/* What headers hold of names and passwords: base64("NAME:PASSWORD"). */
static struct seki_buf coded[3];
#define NCODED (sizeof(coded) / sizeof(coded[0]))

static const struct {
	const char **option;
	const char *env;
	struct seki_buf *to;
} secrets[] = {
	{ &cmd_service.token, "KINTONE_API_TOKEN", &token },
	{ &cmd_service.password, "KINTONE_PASSWORD", &password },
	{ &cmd_service.basic_password, "KINTONE_BASIC_AUTH_PASSWORD",
	    &basic_password },
	{ &cmd_service.pfx_password, "KINTONE_PFX_FILE_PASSWORD",
	    &pfx_password },
	{ &cmd_service.proxy_password, "SEKI_PROXY_PASSWORD", &proxy_password },
};
#define NSECRET (sizeof(secrets) / sizeof(secrets[0]))

/* From wherever; what the environment held is wiped there. */
static int
take(size_t i, struct seki_err *err)
{
	const char *from = *secrets[i].option;
	char *env = getenv(secrets[i].env);
	int r = 0;

	if (from != NULL && from != env)
		r = seki_in_secret(from, secrets[i].to, err);
	else if (from != NULL)
		r = seki_buf_str(secrets[i].to, env, err);
	if (r == -1)
		seki_err_object(err, from == env ? secrets[i].env : from);
	if (env != NULL)
		explicit_bzero(env, strlen(env));
	return r;
}

static int
missing(const char *option, struct seki_err *err)
{
	(void)seki_fail(err, SEKI_USAGE, _("%s FILE is needed"), option);
	seki_err_hint(err, "%s --help", "seki-pull");
	return -1;
}

/* Only the environment's address may hold a password: others see a command
 * line, and a configuration need not be private. */
static int
through(struct seki_err *err)
{
	char *env = getenv("HTTPS_PROXY");
	int given = cmd_service.proxy != env, r = 0;

	if (cmd_service.proxy != NULL)
		r = seki_proxy_parse(cmd_service.proxy, &proxy, err);
	if (r == 0 && proxy.password != NULL && given) {
		(void)seki_fail(err, SEKI_CONFIG, "%s",
		    _("the proxy's address holds a password, which others can "
		      "see"));
		seki_err_hint(err, "%s",
		    _("Leave it out there and put it into a file of mode "
		      "0600: --proxy-password-file FILE. Have it changed."));
		r = -1;
	}
	if (r == 0 && proxy.password != NULL && proxy_password.n == 0)
		r = seki_buf_str(&proxy_password, proxy.password, err);
	if (env != NULL && strchr(env, '@') != NULL)
		explicit_bzero(env, strlen(env));
	if (r == 0 && proxy.user == NULL && cmd_service.proxy != NULL &&
	    cmd_service.proxy_password != NULL) {
		seki_err_hint(err, "--proxy http://NAME@HOST:PORT");
		r = seki_fail(err, SEKI_CONFIG, "%s",
		    _("there is a password for the proxy, but its address "
		      "names no user"));
	}
	return r;
}

static int
complete(struct seki_err *err)
{
	struct seki_buf pfx = SEKI_BUF_INIT;
	int r;

	if (cmd_service.user != NULL && cmd_service.password == NULL)
		return missing("--password-file", err);
	if (cmd_service.user == NULL && cmd_service.token == NULL)
		return missing("--token-file", err);
	if (cmd_service.basic_user != NULL &&
	    cmd_service.basic_password == NULL)
		return missing("--basic-password-file", err);
	if (proxy.user != NULL && proxy_password.n == 0)
		return missing("--proxy-password-file", err);
	if (cmd_service.pfx == NULL)
		return 0;
	/* A private key is in it. */
	r = seki_in_private(cmd_service.pfx, SEKI_TRUST_MAX, &pfx, err);
	seki_buf_wipe(&pfx);
	return r;
}

static void
trace(void *ctx, const char *line)
{
	(void)ctx;
	cmd_service_note(line);
}

static const char *
text(const struct seki_buf *b)
{
	return b->p != NULL ? b->p : "";
}

static int
code(const char *user, const struct seki_buf *secret, struct seki_buf *to,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t n;
	int r = -1;

	if (user == NULL)
		return 0;
	if (seki_buf_fmt(&b, err, "%s:%s", user, text(secret)) == 0) {
		n = 4 * ((b.n + 2) / 3);
		/* EVP ends it itself, so one byte more. */
		if (seki_buf_room(to, n + 1, err) == 0) {
			(void)EVP_EncodeBlock((unsigned char *)to->p,
			    (const unsigned char *)b.p, (int)b.n);
			to->n = n;
			r = 0;
		}
	}
	seki_buf_wipe(&b);
	return r;
}

struct seki_http *
cmd_service_open(struct seki_err *err)
{
	struct seki_http_opt o = {
		.base = cmd_service.base,
		.login = cmd_service.user,
		.basic_user = cmd_service.basic_user,
		.pfx = cmd_service.pfx,
		.guest = cmd_service.guest,
		.ca = cmd_service.ca,
		.calls = cmd_service.calls,
		.tries = (unsigned)cmd_service.tries,
		.stall = (long)cmd_service.timeout,
		.trace = cmd.verbose ? trace : NULL,
		.note = trace,
	};
	int r = 0;
	size_t i;

	for (i = 0; i < NSECRET; i++)
		if (take(i, err) == -1)
			r = -1;
	if (through(err) == -1 || r == -1 || complete(err) == -1)
		return NULL;
	if (code(cmd_service.user, &password, &coded[0], err) == -1 ||
	    code(cmd_service.basic_user, &basic_password, &coded[1], err) ==
		-1 ||
	    code(proxy.user, &proxy_password, &coded[2], err) == -1)
		return NULL;
	o.proxy = proxy.url;
	o.proxy_user = proxy.user;
	o.proxy_password = proxy_password.p;
	o.token = text(&token);
	o.password = text(&password);
	o.basic_password = text(&basic_password);
	o.pfx_password = pfx_password.p;
	return seki_http_open(&o, err);
}

/* Each token by itself; whatever is shorter than four letters would blacken
 * anything. */
static void
blot(char *line, const char *word, size_t n)
{
	char *at;

	while (n > 3 && (at = memmem(line, strlen(line), word, n)) != NULL)
		memset(at, '*', n);
}

void
cmd_service_blot(char *line)
{
	const char *t;
	size_t i, n;

	for (i = 0; i < NCODED; i++)
		blot(line, text(&coded[i]), coded[i].n);
	for (i = 0; i < NSECRET; i++)
		for (t = text(secrets[i].to); *t != '\0';
		     t += n + strspn(t + n, ", \r\n"))
			blot(line, t, n = strcspn(t, ", \r\n"));
}

void
cmd_service_blot_err(struct seki_err *err)
{
	cmd_service_blot(err->object);
	cmd_service_blot(err->record);
	cmd_service_blot(err->field);
	cmd_service_blot(err->text);
	cmd_service_blot(err->hint);
}

void
cmd_service_note(const char *line)
{
	char *copy = strdup(line);

	if (copy != NULL) {
		cmd_service_blot(copy);
		cmd_note("%s", copy);
	}
	free(copy);
}

void
cmd_service_close(void)
{
	size_t i;

	for (i = 0; i < NSECRET; i++)
		seki_buf_wipe(secrets[i].to);
	for (i = 0; i < NCODED; i++)
		seki_buf_wipe(&coded[i]);
	seki_proxy_release(&proxy);
}
