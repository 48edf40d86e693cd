#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>
#include <openssl/evp.h>

#include "http_int.h"

/* Tokens of one request (record API 1.4). */
#define TOKENS_MAX 9

static void
global(void)
{
	(void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

/* Every header list holds secrets, so each is wiped before it goes. */
static void
slist_wipe(struct curl_slist *list)
{
	struct curl_slist *l;

	for (l = list; l != NULL; l = l->next)
		explicit_bzero(l->data, strlen(l->data));
	curl_slist_free_all(list);
}

static int
slist_add(struct curl_slist **list, const char *line, struct seki_err *err)
{
	struct curl_slist *l = curl_slist_append(*list, line);

	if (l == NULL)
		return seki_err_nomem(err);
	*list = l;
	return 0;
}

/* A copy that is blacked out wherever it shows, and wiped at the end. */
static char *
secret(struct seki_http_site *site, const char *text, struct seki_err *err)
{
	char *copy = strdup(text);

	if (copy == NULL)
		(void)seki_err_nomem(err);
	else
		site->secret[site->nsecret++] = copy;
	return copy;
}

static int
header(struct seki_http_site *site, const char *name, const char *value,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r = -1;

	if (seki_buf_fmt(&b, err, "%s: %s", name, value) == 0 &&
	    slist_add(&site->get, b.p, err) == 0 &&
	    slist_add(&site->post, b.p, err) == 0 &&
	    slist_add(&site->write, b.p, err) == 0 &&
	    slist_add(&site->form, b.p, err) == 0)
		r = 0;
	seki_buf_wipe(&b);
	return r;
}

/* base64("user:password"), a secret like the password itself: borrowed. */
static const char *
basic(struct seki_http_site *site, const char *user, const char *password,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char *code = NULL;

	if (secret(site, password, err) != NULL &&
	    seki_buf_fmt(&b, err, "%s:%s", user, password) == 0) {
		if ((code = malloc(4 * ((b.n + 2) / 3) + 1)) == NULL) {
			(void)seki_err_nomem(err);
		} else {
			(void)EVP_EncodeBlock((unsigned char *)code,
			    (unsigned char *)b.p, (int)b.n);
			site->secret[site->nsecret++] = code;
		}
	}
	seki_buf_wipe(&b);
	return code;
}

/* name: base64("user:password") with what stands before it. */
static int
pair(struct seki_http_site *site, const char *name, const char *before,
    const char *user, const char *password, struct seki_err *err)
{
	const char *code = basic(site, user, password, err);
	struct seki_buf v = SEKI_BUF_INIT;
	int r = -1;

	if (code != NULL && seki_buf_fmt(&v, err, "%s%s", before, code) == 0)
		r = header(site, name, v.p, err);
	seki_buf_wipe(&v);
	return r;
}

static int
escape(struct seki_buf *b, const char *s, struct seki_err *err)
{
	for (; *s != '\0'; s++)
		if (seki_buf_fmt(b, err, "%%%02X", (unsigned char)*s) == -1)
			return -1;
	return 0;
}

/* libcurl signs in in whatever way the proxy wants; of these the header of
 * Basic holds the password.  It undoes %XX in NAME:PASSWORD. */
static int
proxy_login(struct seki_http_site *site, const struct seki_http_opt *o,
    struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	int r = 0;

	if (o->proxy == NULL || o->proxy_user == NULL)
		return 0;
	if (basic(site, o->proxy_user, o->proxy_password, err) == NULL ||
	    escape(&b, o->proxy_user, err) == -1 ||
	    seki_buf_byte(&b, ':', err) == -1 ||
	    escape(&b, o->proxy_password, err) == -1)
		r = -1;
	else if ((site->proxy_login = secret(site, b.p, err)) == NULL)
		r = -1;
	seki_buf_wipe(&b);
	return r;
}

static int
headers(struct seki_http_site *site, const struct seki_http_opt *o,
    struct seki_err *err)
{
	/* A password beats a token there too (record API 1.4). */
	if (o->login != NULL) {
		if (pair(site, "X-Cybozu-Authorization", "", o->login,
			o->password, err) == -1)
			return -1;
	} else if (secret(site, o->token, err) == NULL ||
		   header(site, "X-Cybozu-API-Token", o->token, err) == -1) {
		return -1;
	}
	if (o->basic_user != NULL &&
	    pair(site, "Authorization", "Basic ", o->basic_user,
		o->basic_password, err) == -1)
		return -1;
	return slist_add(&site->post, "X-HTTP-Method-Override: GET", err) ==
			   -1 ||
		       slist_add(&site->post, "Content-Type: application/json",
			   err) == -1 ||
		       slist_add(&site->post, "Expect:", err) == -1 ||
		       slist_add(&site->write, "Content-Type: application/json",
			   err) == -1 ||
		       slist_add(&site->write, "Expect:", err) == -1 ||
		       slist_add(&site->form, "Expect:", err) == -1
		   ? -1
		   : 0;
}

/* What one header line may hold, so that no token can add a line. */
static int
token_ok(const char *s, struct seki_err *err)
{
	size_t n = 0, commas = 0;

	for (; s != NULL && s[n] > ' ' && s[n] <= '~'; n++)
		commas += s[n] == ',';
	if (n == 0 || s[n] != '\0' || n > SEKI_SECRET_MAX) {
		(void)seki_fail(err, SEKI_CREDENTIALS, "%s",
		    _("the API token is empty or has characters that no token "
		      "has"));
		seki_err_hint(err, "%s",
		    _("Put the token alone on one line of the token file."));
		return -1;
	}
	if (commas < TOKENS_MAX)
		return 0;
	(void)seki_fail(err, SEKI_CREDENTIALS,
	    _("%zu API tokens; the service takes %d in one request"),
	    commas + 1, TOKENS_MAX);
	seki_err_hint(err, "%s",
	    _("Leave the app's own token and those of the apps its lookups "
	      "copy from."));
	return -1;
}

static int
login_ok(const char *user, const char *password, const char *what,
    struct seki_err *err)
{
	if (user[0] != '\0' && strchr(user, ':') == NULL && password != NULL &&
	    password[0] != '\0' && strlen(password) <= SEKI_SECRET_MAX)
		return 0;
	(void)seki_fail(err, SEKI_CREDENTIALS,
	    _("%s: the name or its password is empty, or the name has a "
	      "colon"),
	    what);
	return -1;
}

static int
options_ok(const struct seki_http_opt *o, struct seki_err *err)
{
	if ((o->login != NULL ? login_ok(o->login, o->password, _("login"), err)
			      : token_ok(o->token, err)) == -1)
		return -1;
	if (o->basic_user != NULL && login_ok(o->basic_user, o->basic_password,
					 _("Basic authentication"), err) == -1)
		return -1;
	if (o->guest != NULL && !seki_page_id_ok(o->guest, strlen(o->guest)))
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("--guest-space is not a space's number"));
	if (o->proxy != NULL && strchr(o->proxy, '@') != NULL)
		return seki_fail(err, SEKI_CONFIG, "%s",
		    _("the proxy's address holds a user name or password"));
	if (o->proxy != NULL && o->proxy_user != NULL &&
	    login_ok(o->proxy_user, o->proxy_password, _("proxy"), err) == -1)
		return -1;
	return 0;
}

static int
copy(char **to, const char *from, struct seki_err *err)
{
	if (from == NULL)
		return 0;
	if ((*to = strdup(from)) == NULL)
		return seki_err_nomem(err);
	return 0;
}

static void
defaults(struct seki_http_opt *o)
{
	o->connect = o->connect ? o->connect : SEKI_HTTP_CONNECT;
	o->stall = o->stall ? o->stall : SEKI_HTTP_STALL;
	o->page = o->page ? o->page : SEKI_HTTP_PAGE;
	o->run = o->run ? o->run : SEKI_HTTP_RUN;
	o->tries = o->tries ? o->tries : SEKI_HTTP_TRIES;
	o->wait = o->wait ? o->wait : 1000;
	/* Borrowed; whatever is kept of them is the site's own copy. */
	o->base = o->token = o->ca = o->proxy = o->pfx = o->guest = NULL;
	o->login = o->password = o->basic_user = o->basic_password = NULL;
	o->proxy_user = o->proxy_password = NULL;
	o->pfx_password = NULL;
}

static void
site_free(struct seki_http_site *site)
{
	size_t i;

	if (site == NULL)
		return;
	slist_wipe(site->get);
	slist_wipe(site->post);
	slist_wipe(site->write);
	slist_wipe(site->form);
	for (i = 0; i < site->nsecret; i++) {
		explicit_bzero(site->secret[i], strlen(site->secret[i]));
		free(site->secret[i]);
	}
	free(site->ca);
	free(site->proxy);
	free(site->pfx);
	free(site->guest);
	seki_url_release(&site->url);
	(void)pthread_mutex_destroy(&site->lock);
	free(site);
}

static struct seki_http_site *
site_new(const struct seki_http_opt *o, struct seki_err *err)
{
	struct seki_http_site *site;

	if (options_ok(o, err) == -1)
		return NULL;
	if ((site = calloc(1, sizeof(*site))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	(void)pthread_mutex_init(&site->lock, NULL);
	site->o = *o;
	defaults(&site->o);
	site->end = seki_http_ms() + (int64_t)site->o.run * 1000;
	if (seki_url_base(o->base, &site->url, err) == 0 &&
	    copy(&site->ca, o->ca, err) == 0 &&
	    copy(&site->proxy, o->proxy, err) == 0 &&
	    copy(&site->pfx, o->pfx, err) == 0 &&
	    copy(&site->guest, o->guest, err) == 0 &&
	    (o->pfx_password == NULL || (site->passphrase = secret(site,
					     o->pfx_password, err)) != NULL) &&
	    proxy_login(site, o, err) == 0 && headers(site, o, err) == 0)
		return site;
	site_free(site);
	return NULL;
}

static int
setup(struct seki_http *h, struct seki_err *err)
{
	const struct seki_http_site *site = h->site;
	int proxy = site->proxy != NULL && !site->url.local;
	CURL *c = h->curl;
	CURLcode r = CURLE_OK;

#define SET(opt, value)                                                        \
	if (r == CURLE_OK)                                                     \
	r = curl_easy_setopt(c, opt, value)
	SET(CURLOPT_PROTOCOLS_STR, site->url.plain ? "http" : "https");
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* "" keeps libcurl from looking into the environment. */
	SET(CURLOPT_PROXY, proxy ? site->proxy : "");
	if (proxy && site->proxy_login != NULL) {
		SET(CURLOPT_PROXYUSERPWD, site->proxy_login);
		/* Not Negotiate, which takes no password and, where it is
		 * offered, keeps libcurl from the others. */
		SET(CURLOPT_PROXYAUTH,
		    (long)(CURLAUTH_BASIC | CURLAUTH_DIGEST | CURLAUTH_NTLM));
	}
	SET(CURLOPT_HEADEROPT, (long)CURLHEADER_SEPARATE);
	SET(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	SET(CURLOPT_CONNECTTIMEOUT, site->o.connect);
	SET(CURLOPT_LOW_SPEED_LIMIT, 1L);
	SET(CURLOPT_LOW_SPEED_TIME, site->o.stall);
	SET(CURLOPT_BUFFERSIZE, 262144L);
	SET(CURLOPT_TCP_NODELAY, 1L);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_USERAGENT, "seki/" SEKI_VERSION);
	SET(CURLOPT_HEADERFUNCTION, seki_http_on_header);
	SET(CURLOPT_HEADERDATA, h);
	SET(CURLOPT_WRITEFUNCTION, seki_http_on_body);
	SET(CURLOPT_WRITEDATA, h);
	SET(CURLOPT_XFERINFOFUNCTION, seki_http_on_progress);
	SET(CURLOPT_XFERINFODATA, h);
	SET(CURLOPT_NOPROGRESS, 0L);
	SET(CURLOPT_ERRORBUFFER, h->why);
	if (!site->url.local || site->o.gzip)
		SET(CURLOPT_ACCEPT_ENCODING, "gzip");
	if (site->ca != NULL) {
		SET(CURLOPT_CAINFO, site->ca);
		SET(CURLOPT_CAPATH, NULL);
	}
	if (site->pfx != NULL) {
		SET(CURLOPT_SSLCERTTYPE, "P12");
		SET(CURLOPT_SSLCERT, site->pfx);
		SET(CURLOPT_KEYPASSWD,
		    site->passphrase != NULL ? site->passphrase : "");
	}
#undef SET
	if (r != CURLE_OK)
		return seki_fail(err,
		    r == CURLE_OUT_OF_MEMORY ? SEKI_NOMEM : SEKI_BUG,
		    "libcurl: %s", curl_easy_strerror(r));
	return 0;
}

/* site is taken when owner is set. */
static struct seki_http *
connection(struct seki_http_site *site, int owner, struct seki_err *err)
{
	struct seki_http *h = calloc(1, sizeof(*h));

	if (h == NULL) {
		if (owner)
			site_free(site);
		(void)seki_err_nomem(err);
		return NULL;
	}
	h->site = site;
	h->owner = owner;
	if ((h->curl = curl_easy_init()) == NULL)
		(void)seki_err_nomem(err);
	else if (setup(h, err) == 0)
		return h;
	seki_http_free(h);
	return NULL;
}

struct seki_http *
seki_http_open(const struct seki_http_opt *o, struct seki_err *err)
{
	static pthread_once_t first = PTHREAD_ONCE_INIT;
	struct seki_http_site *site;

	(void)pthread_once(&first, global);
	if ((site = site_new(o, err)) == NULL)
		return NULL;
	return connection(site, 1, err);
}

struct seki_http *
seki_http_another(struct seki_http *h, struct seki_err *err)
{
	return connection(h->site, 0, err);
}

const char *
seki_http_domain(const struct seki_http *h)
{
	return h->site->url.domain;
}

uint64_t
seki_http_calls(const struct seki_http *h)
{
	return atomic_load(&h->site->calls);
}

uint64_t
seki_http_left(const struct seki_http *h)
{
	uint64_t sent = seki_http_calls(h), max = h->site->o.calls;

	if (max == 0)
		return UINT64_MAX;
	return max > sent ? max - sent : 0;
}

seki_time
seki_http_date(const struct seki_http *h)
{
	return h->date;
}

void
seki_http_stop(struct seki_http *h)
{
	atomic_store(&h->site->stop, 1);
}

static void
black(const char *word, size_t k, char *p, size_t n)
{
	char *hit;

	while ((hit = memmem(p, n, word, k)) != NULL) {
		memset(hit, '*', k);
		n -= (size_t)(hit - p) + k;
		p = hit + k;
	}
}

/* Of several tokens each one too, unless it is so short that it blackens
 * anything. */
void
seki_http_redact(const struct seki_http *h, char *p, size_t n)
{
	const struct seki_http_site *site = h->site;
	const char *s;
	size_t i, k;

	for (i = 0; i < site->nsecret; i++) {
		black(site->secret[i], strlen(site->secret[i]), p, n);
		for (s = site->secret[i]; *s != '\0'; s += k + (s[k] == ',')) {
			k = strcspn(s, ",");
			if (k > 3)
				black(s, k, p, n);
		}
	}
}

void
seki_http_free(struct seki_http *h)
{
	if (h == NULL)
		return;
	curl_easy_cleanup(h->curl);
	if (h->owner)
		site_free(h->site);
	free(h);
}
