/* The options that say which service and with what rights, for the tools that
 * talk to it. */
#ifndef CMD_SERVICE_H
#define CMD_SERVICE_H

#include "cmd.h"

extern struct cmd_service {
	const char *base, *app, *token, *ca, *proxy;
	uint64_t tries, timeout;
} cmd_service;

/* A secret's variable holds the secret, its option names a file: flags beat
 * environment beats file, so both are one option here. */
#define CMD_SERVICE_OPTS                                                       \
	{ "base-url", 0, CMD_STRING, &cmd_service.base, "URL",                 \
		"source.base-url", "KINTONE_BASE_URL", 1, 0, 0,                \
		N_("the service: https://SUBDOMAIN.cybozu.com") },             \
	    { "app", 0, CMD_STRING, &cmd_service.app, "N", "source.app", NULL, \
		    1, 0, 0, N_("the app's number") },                         \
	    { "token-file", 0, CMD_STRING, &cmd_service.token, "FILE",         \
		    "source.token-file", "KINTONE_API_TOKEN", 1, 0, 0,         \
		    N_("file with the API token, mode 0600") },                \
	    { "ca", 0, CMD_STRING, &cmd_service.ca, "FILE", NULL, NULL, 0, 0,  \
		    0,                                                         \
		    N_("certificates of authorities, PEM, instead of the "     \
		       "system's") },                                          \
	    { "proxy", 0, CMD_STRING, &cmd_service.proxy, "URL", NULL,         \
		    "HTTPS_PROXY", 0, 0, 0, N_("proxy for https") },           \
	    { "tries", 0, CMD_UINT, &cmd_service.tries, "N", NULL, NULL, 0, 1, \
		    10, N_("how often a request is sent at most (5)") },       \
	{                                                                      \
		"timeout", 0, CMD_UINT, &cmd_service.timeout, "SECONDS", NULL, \
		    NULL, 0, 1, 60,                                            \
		    N_("give up after so long without a byte (30)")            \
	}

/* Reads the secret, wipes it from the environment, and opens; NULL with err
 * set. */
struct seki_http *cmd_service_open(struct seki_err *);
/* Black out every secret: what the service said may hold what it was sent. */
void cmd_service_blot(char *text);
void cmd_service_blot_err(struct seki_err *);
/* A line for people, blotted. */
void cmd_service_note(const char *line);
/* Wipes the secret; the last call. */
void cmd_service_close(void);

#endif
