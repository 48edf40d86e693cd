/* A request under way: http.c sends it, http_fail.c says why it failed. */
#ifndef SEKI_HTTP_INT_H
#define SEKI_HTTP_INT_H

#include <stdatomic.h>

#include <curl/curl.h>

#include "pull_int.h"

struct seki_http {
	CURL *curl;
	struct curl_slist *get, *post, *write;
	struct seki_url url;
	char *token;
	struct seki_http_opt o;
	atomic_int stop;
	int64_t end; /* of the run, on the clock of ms_now */
	char why[CURL_ERROR_SIZE];

	/* The request under way. */
	const char *method; /* of one that changes something, or NULL */
	struct seki_reply *reply;
	struct seki_err *err;
	size_t headers;
	char length[32];
	char location[256];
	long after; /* Retry-After, seconds */
	int again;  /* what went wrong may go well next time */
};

/* libcurl's failure as ours; h->again when another try may help.  -1. */
int seki_http_fail(struct seki_http *, CURLcode, struct seki_err *);
/* A 3xx answer.  -1. */
int seki_http_fail_redirect(struct seki_http *, struct seki_err *);

#endif
