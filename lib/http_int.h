/* A request under way: http_site.c sets up connections, http.c sends on them,
 * http_fail.c says why one failed, http_pool.c has several, http_file.c moves
 * files. */
#ifndef SEKI_HTTP_INT_H
#define SEKI_HTTP_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include <curl/curl.h>

#include "pull_int.h"

/* Token list, login, Basic, passphrase, proxy, and what headers hold of them. */
#define SEKI_HTTP_SECRETS 8

/* One service, and what all connections to it share. */
struct seki_http_site {
	struct seki_url url;
	struct seki_http_opt o; /* its texts are owned below */
	char *ca, *proxy, *pfx, *guest;
	char *secret[SEKI_HTTP_SECRETS];
	size_t nsecret;
	char *passphrase, *proxy_login; /* of secret */
	struct curl_slist *get, *post, *write, *form;
	atomic_int stop;
	atomic_ullong calls;
	int64_t end;	      /* of the run, on the clock of seki_http_ms */
	pthread_mutex_t lock; /* of trace and budget */
};

/* Where something went wrong, in the order in which it is passed. */
enum seki_layer {
	SEKI_LAYER_NONE,
	SEKI_LAYER_DNS,
	SEKI_LAYER_PROXY,
	SEKI_LAYER_CONNECT,
	SEKI_LAYER_TLS,
	SEKI_LAYER_ANSWER,
	SEKI_LAYER_SIGN_IN,
	SEKI_LAYER_GUEST,
	SEKI_LAYER_APP,
	SEKI_LAYER_FORM,
	SEKI_LAYER_RECORDS,
	SEKI_LAYER_CLOCK
};

struct seki_http {
	CURL *curl;
	struct seki_http_site *site;
	int owner; /* of site */
	char why[CURL_ERROR_SIZE];

	/* The request under way. */
	const char *method; /* of one that changes something, or NULL */
	struct seki_reply *reply;
	struct seki_err *err;
	size_t headers;
	char length[32];
	char location[256];
	long after;	     /* Retry-After, seconds */
	long limit, running; /* X-ConcurrencyLimit-… of the last answer, or 0 */
	enum seki_layer layer; /* of the last failure */
	int crowded;	       /* an answer since the request began was 429 */
	seki_time date;	       /* of the last answer that told it */
	int again;	       /* what went wrong may go well next time */
	/* A file comes down (http_file.c), or goes up as a form. */
	const struct seki_http_sink *sink;
	uint64_t sunk; /* bytes of it so far */
	struct curl_mime *mime;
};

int64_t seki_http_ms(void);
/* Ask, and again by the rules of threats C11.  h->method is set. */
int seki_http_repeat(struct seki_http *, const char *path, const char *query,
    struct seki_reply *, struct seki_err *);
/* libcurl's calls back into the request under way. */
size_t seki_http_on_header(char *, size_t, size_t, void *);
size_t seki_http_on_body(char *, size_t, size_t, void *);
int seki_http_on_progress(
    void *, curl_off_t, curl_off_t, curl_off_t, curl_off_t);
/* libcurl's failure as ours; h->again when another try may help.  -1. */
int seki_http_fail(struct seki_http *, CURLcode, struct seki_err *);
/* A 3xx answer.  -1. */
int seki_http_fail_redirect(struct seki_http *, struct seki_err *);

#endif
