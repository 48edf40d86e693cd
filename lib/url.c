#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "pull_int.h"

/* Names and numbers that cannot leave this host. */
static int
loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;
	char six[64];
	size_t n = strlen(host);

	if (strcasecmp(host, "localhost") == 0)
		return 1;
	if (inet_pton(AF_INET, host, &v4) == 1)
		return (ntohl(v4.s_addr) >> 24) == 127;
	if (n < 3 || n >= sizeof(six) || host[0] != '[')
		return 0;
	memcpy(six, host + 1, n - 2);
	six[n - 2] = '\0';
	return inet_pton(AF_INET6, six, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

static int
refuse(struct seki_err *err, const char *why)
{
	(void)seki_fail(err, SEKI_CONFIG, "%s: %s",
	    _("the service's address cannot be used"), why);
	seki_err_hint(err, "%s",
	    _("Give the address as https://SUBDOMAIN.cybozu.com, without a "
	      "path."));
	return -1;
}

/* 1 when the part is there and not empty; its text may be a password. */
static int
has(CURLU *u, CURLUPart part)
{
	char *s = NULL;
	int there = curl_url_get(u, part, &s, 0) == CURLUE_OK && s[0] != '\0';

	if (s != NULL)
		explicit_bzero(s, strlen(s));
	curl_free(s);
	return there;
}

static int
fill(struct seki_url *url, const char *scheme, const char *host,
    const char *port, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	size_t skip;
	char *p;

	if (seki_buf_fmt(&b, err, "%s://", scheme) == -1)
		goto fail;
	skip = b.n;
	if (seki_buf_fmt(&b, err, "%s%s%s", host, port ? ":" : "",
		port ? port : "") == -1)
		goto fail;
	/* The domain names the source of every record: one spelling. */
	for (p = b.p; *p != '\0'; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	if ((url->domain = strdup(b.p + skip)) == NULL) {
		(void)seki_err_nomem(err);
		goto fail;
	}
	url->base = b.p;
	url->local = loopback(host);
	return 0;

fail:
	seki_buf_free(&b);
	return -1;
}

static int
parts(CURLU *u, struct seki_url *url, struct seki_err *err)
{
	char *scheme = NULL, *host = NULL, *port = NULL, *path = NULL;
	int r = -1;
	size_t i;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0) != CURLUE_OK ||
	    curl_url_get(u, CURLUPART_PATH, &path, 0) != CURLUE_OK) {
		(void)refuse(err, _("it is no address"));
		goto out;
	}
	(void)curl_url_get(u, CURLUPART_PORT, &port, CURLU_NO_DEFAULT_PORT);
	for (i = 0; host[i] != '\0'; i++)
		if ((unsigned char)host[i] <= ' ' ||
		    (unsigned char)host[i] >= 0x7F)
			break;
	url->plain = strcasecmp(scheme, "http") == 0;
	if (host[i] != '\0' || i == 0)
		(void)refuse(err, _("the host's name is not ASCII"));
	else if (!url->plain && strcasecmp(scheme, "https") != 0)
		(void)refuse(err, _("it does not begin with https://"));
	else if (url->plain && !loopback(host))
		(void)refuse(err,
		    _("plain http is only for this host itself; use https"));
	else if (has(u, CURLUPART_USER) || has(u, CURLUPART_PASSWORD))
		(void)refuse(err, _("it holds a user name or password"));
	else if (strcmp(path, "/") != 0 || has(u, CURLUPART_QUERY) ||
		 has(u, CURLUPART_FRAGMENT))
		(void)refuse(err, _("it goes on after the host"));
	else
		r = fill(url, scheme, host, port, err);
out:
	curl_free(scheme);
	curl_free(host);
	curl_free(port);
	curl_free(path);
	return r;
}

int
seki_url_base(const char *text, struct seki_url *url, struct seki_err *err)
{
	CURLU *u;
	int r;

	memset(url, 0, sizeof(*url));
	if ((u = curl_url()) == NULL)
		return seki_err_nomem(err);
	if (strlen(text) > 2048 || curl_url_set(u, CURLUPART_URL, text,
				       CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK)
		r = refuse(err, _("it is no address"));
	else
		r = parts(u, url, err);
	curl_url_cleanup(u);
	if (r == -1)
		seki_url_release(url);
	return r;
}

void
seki_url_release(struct seki_url *url)
{
	free(url->base);
	free(url->domain);
	memset(url, 0, sizeof(*url));
}
