#include <errno.h>
#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "cloud_int.h"

struct seki_cloud_users {
	struct seki_cloud_user *v;
	size_t n;
};

static int
bad(const char *path, unsigned line, struct seki_err *err)
{
	seki_err_object(err, path);
	return seki_fail(err, SEKI_CONFIG,
	    _("line %u: a line is LOGIN:PASSWORD[:NAME[:ORGANIZATION]]"), line);
}

static int
line(struct seki_cloud_users *u, char *s, struct seki_err *err)
{
	struct seki_cloud_user *v, new = { .code = NULL };
	char *password, *name, *organization = NULL;

	if ((password = strchr(s, ':')) == NULL || password == s)
		return 1;
	*password++ = '\0';
	if ((name = strchr(password, ':')) != NULL)
		*name++ = '\0';
	if (name != NULL && (organization = strchr(name, ':')) != NULL)
		*organization++ = '\0';
	if (*password == '\0')
		return 1;
	if ((v = reallocarray(u->v, u->n + 1, sizeof(*v))) == NULL)
		return seki_err_nomem(err);
	u->v = v;
	new.code = strdup(s);
	new.password = strdup(password);
	new.name = strdup(name != NULL && *name != '\0' ? name : s);
	new.organization = strdup(organization != NULL ? organization : "");
	u->v[u->n++] = new;
	return new.code == NULL || new.password == NULL || new.name == NULL ||
		       new.organization == NULL
		   ? seki_err_nomem(err)
		   : 0;
}

struct seki_cloud_users *
seki_cloud_users_open(const char *path, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_cloud_users *u;
	char *s, *next;
	unsigned n = 0;
	int r;

	if ((u = calloc(1, sizeof(*u))) == NULL) {
		seki_err_nomem(err);
		return NULL;
	}
	r = seki_in_secret(path, &b, err);
	for (s = b.p; r == 0 && s != NULL; s = next) {
		if ((next = strchr(s, '\n')) != NULL)
			*next++ = '\0';
		n++;
		if (*s != '\0' && *s != '#' && (r = line(u, s, err)) == 1)
			r = bad(path, n, err);
	}
	if (r == 0 && u->n == 0)
		r = bad(path, 1, err);
	seki_buf_wipe(&b);
	if (r == 0)
		return u;
	seki_cloud_users_free(u);
	return NULL;
}

void
seki_cloud_users_free(struct seki_cloud_users *u)
{
	if (u == NULL)
		return;
	for (size_t i = 0; i < u->n; i++) {
		if (u->v[i].password != NULL)
			explicit_bzero(
			    u->v[i].password, strlen(u->v[i].password));
		free(u->v[i].code);
		free(u->v[i].password);
		free(u->v[i].name);
		free(u->v[i].organization);
	}
	free(u->v);
	free(u);
}

const struct seki_cloud_user *
seki_cloud_users_nth(const struct seki_cloud_users *u, size_t i)
{
	return u != NULL && i < u->n ? &u->v[i] : NULL;
}

const struct seki_cloud_user *
seki_cloud_users_find(const struct seki_cloud_users *u, const char *base64)
{
	const struct seki_cloud_user *found = NULL;
	size_t n = strlen(base64);
	unsigned char text[512];
	char *password;
	int len;

	if (u == NULL || n % 4 != 0 || n > 4 * (sizeof(text) / 3) ||
	    (len = EVP_DecodeBlock(
		 text, (const unsigned char *)base64, (int)n)) == -1)
		return NULL;
	/* EVP counts what the padding stands for. */
	while (n > 0 && base64[n - 1] == '=' && len > 0) {
		n--;
		len--;
	}
	text[len] = '\0';
	if ((password = strchr((char *)text, ':')) == NULL)
		goto out;
	*password++ = '\0';
	for (size_t i = 0; i < u->n; i++)
		if (strcmp(u->v[i].code, (char *)text) == 0 &&
		    strlen(u->v[i].password) == strlen(password) &&
		    CRYPTO_memcmp(
			u->v[i].password, password, strlen(password)) == 0)
			found = &u->v[i];
out:
	explicit_bzero(text, sizeof(text));
	return found;
}
