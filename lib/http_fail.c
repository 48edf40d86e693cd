#include <string.h>

#include "http_int.h"

/* libcurl's failures that are no failure of the line. */
static int
oddity(struct seki_http *h, CURLcode code, struct seki_err *err)
{
	const char *why = h->why[0] ? h->why : curl_easy_strerror(code);

	/* A default that covers the rest is what is wanted of this switch. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
	switch (code) {
	case CURLE_SSL_CONNECT_ERROR:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CIPHER:
	case CURLE_SSL_ISSUER_ERROR:
	case CURLE_SSL_INVALIDCERTSTATUS:
	case CURLE_USE_SSL_FAILED:
		(void)seki_fail(err, SEKI_TLS, "%s", why);
		seki_err_hint(err, "%s",
		    _("Nothing was sent. Check the address and this host's "
		      "clock; if your office has an authority of its own, "
		      "name its certificate with --ca FILE."));
		return 1;
	case CURLE_SSL_CERTPROBLEM:
		(void)seki_fail(err, SEKI_CREDENTIALS, "%s", why);
		seki_err_hint(err, "%s",
		    _("Nothing was sent. Check --pfx and its passphrase; a "
		      "file made long ago must be exported again."));
		return 1;
	case CURLE_SSL_CACERT_BADFILE:
		(void)seki_fail(err, SEKI_CONFIG, "%s", why);
		seki_err_hint(
		    err, "%s", _("Name a readable PEM file with --ca."));
		return 1;
	case CURLE_COULDNT_RESOLVE_PROXY:
		(void)seki_fail(err, SEKI_CONFIG, "%s", why);
		seki_err_hint(err, "%s",
		    _("Check --proxy, or HTTPS_PROXY in the environment."));
		return 1;
	case CURLE_URL_MALFORMAT:
		(void)seki_fail(err, SEKI_CONFIG, "%s", why);
		return 1;
	case CURLE_OUT_OF_MEMORY:
		(void)seki_err_nomem(err);
		return 1;
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_WEIRD_SERVER_REPLY:
	case CURLE_BAD_CONTENT_ENCODING:
	case CURLE_WRITE_ERROR:
		(void)seki_fail(err, SEKI_PROTOCOL, "%s", why);
		return 1;
	default:
		return 0;
	}
#pragma GCC diagnostic pop
}

static enum seki_layer
layer_of(const struct seki_http *h, CURLcode code, const struct seki_err *err)
{
	double tcp = 0, tls = 0;

	if (code == CURLE_COULDNT_RESOLVE_HOST)
		return SEKI_LAYER_DNS;
	if (code == CURLE_COULDNT_RESOLVE_PROXY)
		return SEKI_LAYER_PROXY;
	if (err->reason == SEKI_TLS || code == CURLE_SSL_CERTPROBLEM ||
	    code == CURLE_SSL_CACERT_BADFILE)
		return SEKI_LAYER_TLS;
	(void)curl_easy_getinfo(h->curl, CURLINFO_CONNECT_TIME, &tcp);
	(void)curl_easy_getinfo(h->curl, CURLINFO_APPCONNECT_TIME, &tls);
	if (tcp <= 0)
		return SEKI_LAYER_CONNECT;
	return tls > 0 || h->site->url.plain ? SEKI_LAYER_ANSWER
					     : SEKI_LAYER_TLS;
}

static int
sign_in(const struct seki_http *h, struct seki_err *err)
{
	if (h->site->proxy_login == NULL) {
		(void)seki_fail(err, SEKI_CREDENTIALS, "%s",
		    _("the proxy wants to be signed in to (status 407)"));
		seki_err_hint(err, "%s",
		    _("Name the user in the proxy's address, "
		      "http://NAME@HOST:PORT, and the password's file with "
		      "--proxy-password-file."));
	} else {
		(void)seki_fail(err, SEKI_CREDENTIALS, "%s",
		    _("the proxy does not take the name and password (status "
		      "407)"));
		seki_err_hint(err, "%s",
		    _("Check the name in --proxy and the password's file. Of "
		      "the ways to sign in, Basic, Digest and NTLM are "
		      "known."));
	}
	return 1;
}

/* The proxy answered, but not by letting us through. */
static int
proxy(struct seki_http *h, struct seki_err *err)
{
	long status = 0;

	(void)curl_easy_getinfo(h->curl, CURLINFO_HTTP_CONNECTCODE, &status);
	if (status < 300)
		return 0;
	h->layer = SEKI_LAYER_PROXY;
	if (status == 407)
		return sign_in(h, err);
	h->again = status >= 502 && status <= 504;
	(void)seki_fail(err, h->again ? SEKI_NETWORK : SEKI_CONFIG,
	    _("the proxy refused, with status %ld"), status);
	seki_err_hint(err, "%s",
	    _("Ask who runs the proxy to let this host through to the "
	      "service."));
	return 1;
}

static int
failed(struct seki_http *h, CURLcode code, struct seki_err *err)
{
	if (err->reason != SEKI_OK || proxy(h, err) || oddity(h, code, err))
		return -1;
	if (code == CURLE_OPERATION_TIMEDOUT) {
		h->again = 1;
		(void)seki_fail(err, SEKI_NETWORK,
		    _("no whole answer within the time allowed (%zu bytes "
		      "came)"),
		    h->reply->body.n);
	} else if (code == CURLE_PARTIAL_FILE || code == CURLE_GOT_NOTHING ||
		   code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR ||
		   code == CURLE_HTTP2 || code == CURLE_HTTP2_STREAM) {
		/* Nothing is changed there by asking, so a cut answer is asked
		 * for again like one that came too late. */
		h->again = 1;
		(void)seki_fail(err, SEKI_NETWORK, "%s: %s",
		    _("the answer was cut short"),
		    h->why[0] ? h->why : curl_easy_strerror(code));
	} else {
		(void)seki_fail(err, SEKI_NETWORK, "%s",
		    h->why[0] ? h->why : curl_easy_strerror(code));
	}
	seki_err_hint(err, "%s",
	    _("Nothing was taken. Check the address and the line, then run "
	      "the same command again."));
	return -1;
}

int
seki_http_fail(struct seki_http *h, CURLcode code, struct seki_err *err)
{
	h->layer = SEKI_LAYER_NONE;
	(void)failed(h, code, err);
	if (h->layer == SEKI_LAYER_NONE)
		h->layer = layer_of(h, code, err);
	return -1;
}

/* Where to, without path and query: those may be secrets. */
int
seki_http_fail_redirect(struct seki_http *h, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	char *s = h->location, *end = strstr(s, "://");

	h->layer = SEKI_LAYER_ANSWER;
	end = end != NULL ? end + 3 : s;
	end += strcspn(end, "/?#");
	if (strchr(s, '@') != NULL || end == s)
		s = end = h->location + strlen(h->location);
	(void)seki_text_show(&b, s, (size_t)(end - s), err);
	(void)seki_fail(err, SEKI_REDIRECT, _("redirect refused: to %s"),
	    b.n > 0 ? b.p : _("another place"));
	seki_buf_free(&b);
	seki_err_hint(err, "%s",
	    _("The token went to the named address only. Check --base-url, "
	      "and whether a proxy wants to be signed in to."));
	return -1;
}
