#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

static int
hex(char c)
{
	static const char digits[] = "0123456789abcdef0123456789ABCDEF";
	const char *at = c == '\0' ? NULL : strchr(digits, c);

	return at == NULL ? -1 : (int)((at - digits) % 16);
}

/* %XX undone in place; -1 for what no user name or password holds. */
static int
decode(char *s)
{
	char *to = s;
	int high, low;

	for (; *s != '\0'; s++, to++) {
		*to = *s;
		if (*s == '%') {
			high = hex(s[1]);
			low = high == -1 ? -1 : hex(s[2]);
			if (low == -1)
				return -1;
			*to = (char)(high * 16 + low);
			s += 2;
		}
		if ((unsigned char)*to < ' ' || *to == 0x7F)
			return -1;
	}
	*to = '\0';
	return 0;
}

static char *
copy(const char *s, size_t n, struct seki_err *err)
{
	char *to = strndup(s, n);

	if (to == NULL)
		(void)seki_err_nomem(err);
	return to;
}

static int
sign_in(struct seki_proxy *p, const char *s, size_t n, struct seki_err *err)
{
	const char *colon = memchr(s, ':', n);
	size_t user = colon != NULL ? (size_t)(colon - s) : n;

	if ((p->user = copy(s, user, err)) == NULL ||
	    (colon != NULL &&
		(p->password = copy(colon + 1, n - user - 1, err)) == NULL))
		return -1;
	if (decode(p->user) == 0 &&
	    (p->password == NULL || decode(p->password) == 0))
		return 0;
	seki_err_hint(err, "--proxy http://NAME@HOST:PORT");
	return seki_fail(err, SEKI_CONFIG, "%s",
	    _("the proxy's address has a % without two digits, or a control "
	      "character"));
}

int
seki_proxy_parse(
    const char *text, struct seki_proxy *proxy, struct seki_err *err)
{
	const char *host = strstr(text, "://"), *at;
	size_t scheme, end;

	memset(proxy, 0, sizeof(*proxy));
	host = host != NULL ? host + 3 : text;
	scheme = (size_t)(host - text);
	end = strcspn(host, "/?#");
	/* The last one: a password may hold another. */
	at = memrchr(host, '@', end);
	if (at != NULL && sign_in(proxy, host, (size_t)(at - host), err) == -1)
		goto fail;
	host = at != NULL ? at + 1 : host;
	if (asprintf(&proxy->url, "%.*s%s", (int)scheme, text, host) != -1)
		return 0;
	proxy->url = NULL;
	(void)seki_err_nomem(err);
fail:
	seki_proxy_release(proxy);
	return -1;
}

void
seki_proxy_release(struct seki_proxy *proxy)
{
	if (proxy->password != NULL)
		explicit_bzero(proxy->password, strlen(proxy->password));
	free(proxy->url);
	free(proxy->user);
	free(proxy->password);
	memset(proxy, 0, sizeof(*proxy));
}
