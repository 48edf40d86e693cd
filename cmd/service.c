#include <stdlib.h>
#include <string.h>

#include "service.h"

#define TOKEN_ENV "KINTONE_API_TOKEN"

struct cmd_service cmd_service;

static struct seki_buf secret;

/* The token, from wherever; what the environment held is wiped there. */
static int
token(struct seki_err *err)
{
	const char *from = cmd_service.token;
	char *env = getenv(TOKEN_ENV);
	int r = 0;

	if (from != env)
		r = seki_in_secret(from, &secret, err);
	else
		r = seki_buf_str(&secret, env, err);
	if (r == -1)
		seki_err_object(err, from == env ? TOKEN_ENV : from);
	if (env != NULL)
		explicit_bzero(env, strlen(env));
	return r;
}

static void
trace(void *ctx, const char *line)
{
	(void)ctx;
	cmd_service_note(line);
}

struct seki_http *
cmd_service_open(struct seki_err *err)
{
	struct seki_http_opt o = { .base = cmd_service.base,
		.ca = cmd_service.ca,
		.proxy = cmd_service.proxy,
		.tries = (unsigned)cmd_service.tries,
		.stall = (long)cmd_service.timeout,
		.trace = cmd.verbose ? trace : NULL };

	if (token(err) == -1)
		return NULL;
	o.token = secret.p != NULL ? secret.p : "";
	return seki_http_open(&o, err);
}

/* Each token by itself; whatever is shorter than four letters would blacken
 * anything. */
void
cmd_service_blot(char *text)
{
	const char *t, *end;
	char *at;
	size_t n;

	for (t = secret.p; t != NULL && *t != '\0';
	     t = end + strspn(end, ", \r\n")) {
		end = t + (n = strcspn(t, ", \r\n"));
		while (n > 3 && (at = memmem(text, strlen(text), t, n)) != NULL)
			memset(at, '*', n);
	}
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
	char *text = strdup(line);

	if (text != NULL) {
		cmd_service_blot(text);
		cmd_note("%s", text);
	}
	free(text);
}

void
cmd_service_close(void)
{
	seki_buf_wipe(&secret);
}
