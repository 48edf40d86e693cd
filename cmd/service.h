/* The options that say which service and with what rights, for the tools that
 * talk to it. */
#ifndef CMD_SERVICE_H
#define CMD_SERVICE_H

#include "cmd.h"

extern struct cmd_service {
	const char *base, *app, *token, *user, *password;
	const char *basic_user, *basic_password, *pfx, *pfx_password;
	const char *guest, *ca, *proxy, *proxy_password;
	uint64_t tries, timeout, calls;
} cmd_service;

/* A secret's variable holds the secret, its option names a file: flags beat
 * environment beats file, so both are one option here. */
#define CMD_SERVICE_OPTS                                                       \
	{ "base-url", 0, CMD_STRING, &cmd_service.base, "URL",                 \
		"source.base-url", "KINTONE_BASE_URL", 1, 0, 0,                \
		N_("the service: https://SUBDOMAIN.cybozu.com") },             \
	    { "app", 0, CMD_STRING, &cmd_service.app, "N", "source.app", NULL, \
		    1, 0, 0, N_("the app's number") },                         \
	    { "guest-space", 0, CMD_STRING, &cmd_service.guest, "N",           \
		    "source.guest-space", "KINTONE_GUEST_SPACE_ID", 0, 0, 0,   \
		    N_("the number of the guest space the app is in") },       \
	    { "token-file", 0, CMD_STRING, &cmd_service.token, "FILE",         \
		    "source.token-file", "KINTONE_API_TOKEN", 0, 0, 0,         \
		    N_("file with the API tokens, mode 0600") },               \
	    { "user", 0, CMD_STRING, &cmd_service.user, "NAME", "source.user", \
		    "KINTONE_USERNAME", 0, 0, 0,                               \
		    N_("sign in as this user instead of with a token") },      \
	    { "password-file", 0, CMD_STRING, &cmd_service.password, "FILE",   \
		    "source.password-file", "KINTONE_PASSWORD", 0, 0, 0,       \
		    N_("file with that user's password, mode 0600") },         \
	    { "basic-user", 0, CMD_STRING, &cmd_service.basic_user, "NAME",    \
		    "source.basic-user", "KINTONE_BASIC_AUTH_USERNAME", 0, 0,  \
		    0, N_("user of the Basic authentication before it") },     \
	    { "basic-password-file", 0, CMD_STRING,                            \
		    &cmd_service.basic_password, "FILE",                       \
		    "source.basic-password-file",                              \
		    "KINTONE_BASIC_AUTH_PASSWORD", 0, 0, 0,                    \
		    N_("file with its password, mode 0600") },                 \
	    { "pfx", 0, CMD_STRING, &cmd_service.pfx, "FILE", "source.pfx",    \
		    "KINTONE_PFX_FILE_PATH", 0, 0, 0,                          \
		    N_("client certificate, PKCS #12, mode 0600") },           \
	    { "pfx-password-file", 0, CMD_STRING, &cmd_service.pfx_password,   \
		    "FILE", "source.pfx-password-file",                        \
		    "KINTONE_PFX_FILE_PASSWORD", 0, 0, 0,                      \
		    N_("file with its passphrase, mode 0600") },               \
	    { "ca", 0, CMD_STRING, &cmd_service.ca, "FILE", "source.ca", NULL, \
		    0, 0, 0,                                                   \
		    N_("certificates of authorities, PEM, instead of the "     \
		       "system's") },                                          \
	    { "proxy", 0, CMD_STRING, &cmd_service.proxy, "URL",               \
		    "source.proxy", "HTTPS_PROXY", 0, 0, 0,                    \
		N_("proxy for https: http://[NAME@]HOST:PORT") },              \
	    { "proxy-password-file", 0, CMD_STRING,                            \
		    &cmd_service.proxy_password, "FILE",                       \
		    "source.proxy-password-file", "SEKI_PROXY_PASSWORD", 0, 0, \
		    0, N_("file with that name's password, mode 0600") },      \
	    { "tries", 0, CMD_UINT, &cmd_service.tries, "N", NULL, NULL, 0, 1, \
		    10, N_("how often a request is sent at most (5)") },       \
	    { "timeout", 0, CMD_UINT, &cmd_service.timeout, "SECONDS", NULL,   \
		    NULL, 0, 1, 60,                                            \
		    N_("give up after so long without a byte (30)") },         \
	{                                                                      \
		"max-calls", 0, CMD_UINT, &cmd_service.calls, "N", NULL, NULL, \
		    0, 1, 1000000,                                             \
		    N_("end before more requests than that are sent")          \
	}

/* Reads the secrets, wipes them from the environment, and opens; NULL with err
 * set. */
struct seki_http *cmd_service_open(struct seki_err *);
/* Black out every secret: what the service said may hold what it was sent. */
void cmd_service_blot(char *text);
void cmd_service_blot_err(struct seki_err *);
/* A line for people, blotted. */
void cmd_service_note(const char *line);
/* One line a layer on stdout; what is wrong counts for the status.  With the
 * file of the count of requests, or NULL. */
int cmd_service_doctor(
    struct seki_http *, const char *budget, struct seki_err *);
/*
 * The requests so far into the count, in a file or NULL; a note when the day's
 * are nearly used up.  Called before the first request, it tells whether the
 * file is a count at all: after the last one the stream is whole, and a
 * failure would say something else.
 */
int cmd_service_spend(
    const struct seki_http *, const char *budget, struct seki_err *);
/* Wipes the secrets; the last call. */
void cmd_service_close(void);

#endif
