/*
 * Makes keys, trust and one workbook for a relay in a folder of their own.
 * Included once, by a test or a fuzz target; run from the top of the tree.
 */
#ifndef RELAYMAKER_H
#define RELAYMAKER_H

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scan.h"
#include "seki_int.h"

#define RELAY_NOW 1775000000 /* 2026-03-31T23:33:20Z */

struct relay {
	char dir[64], file[128];
	struct seki_key *key;
	struct seki_trust *trust;
	struct seki_buf book;
	struct seki_check check;
	unsigned char root[SEKI_SHA256];
};

static int
relay_pack(struct relay *r, const char *carrier, const char *stream,
    struct seki_err *err)
{
	struct seki_scan_how how = { .forbid = NULL };
	struct seki_packing o = { .trust = r->trust,
		.key = r->key,
		.audience = "lgwan-1",
		.carrier = carrier,
		.expires = 10,
		.created = RELAY_NOW,
		.now = RELAY_NOW,
		.max_held = UINT64_MAX,
		.scan = &how,
		.path = r->file };
	struct seki_packed *done = calloc(1, sizeof(*done));
	struct seki_in *in = seki_in_file(stream, 0, err);
	struct seki_sender *s;
	char state[128];
	int n = -1;

	(void)snprintf(state, sizeof(state), "%s/state", r->dir);
	s = seki_sender_open(state, "inet-1", err);
	if (done != NULL && in != NULL && s != NULL &&
	    seki_sender_pack(s, in, &o, done, err) == 0 &&
	    seki_in_slurp(r->file, SEKI_MIB, &r->book, err) == 0)
		n = seki_text_unhex(done->sent.root, r->root, SEKI_SHA256);
	if (done != NULL)
		free(done->state);
	free(done);
	seki_sender_free(s);
	return n;
}

/* The stream becomes r->book. */
static int
relay_make(struct relay *r, const char *carrier, const char *stream,
    struct seki_err *err)
{
	struct seki_enrol e = { .org = "012041",
		.host = "inet-1",
		.person = "p-0001",
		.safe = "safe-1",
		.relay = 1,
		.now = RELAY_NOW };
	char at[128];

	memset(r, 0, sizeof(*r));
	(void)snprintf(r->dir, sizeof(r->dir), "/tmp/seki-relay.XXXXXX");
	if (mkdtemp(r->dir) == NULL)
		return -1;
	(void)snprintf(at, sizeof(at), "%s/trust", r->dir);
	(void)snprintf(r->file, sizeof(r->file), "%s/a.%s", r->dir,
	    strcmp(carrier, "relay") == 0 ? "xlsx" : "zip");
	e.keys = r->dir;
	e.trust = at;
	if (seki_enrol_init(&e, err) == -1 ||
	    (r->key = seki_key_open(e.file[0], err)) == NULL ||
	    (r->trust = seki_trust_open(at, RELAY_NOW, err)) == NULL)
		return -1;
	r->check.trust = r->trust;
	r->check.audience = "lgwan-1";
	r->check.now = RELAY_NOW + 3600;
	return relay_pack(r, carrier, stream, err);
}

static int
relay_free(struct relay *r)
{
	char cmd[128];

	seki_key_free(r->key);
	seki_trust_free(r->trust);
	seki_buf_free(&r->book);
	(void)snprintf(cmd, sizeof(cmd), "rm -r %s", r->dir);
	return system(cmd) == 0 ? 0 : -1;
}

/* 1: accepted, and it is what was signed; 0: refused; -1: accepted with other
 * content. */
static int
relay_judge(struct relay *r, const void *p, size_t n, struct seki_err *err)
{
	int fd = open(r->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct seki_verdict v;
	struct seki_bundle *b;
	int ok = 0;

	if (fd == -1 || write(fd, p, n) != (ssize_t)n)
		abort();
	(void)close(fd);
	memset(err, 0, sizeof(*err));
	b = seki_bundle_open(r->file, r->dir, err);
	if (b != NULL && seki_bundle_verify(b, &r->check, &v, err) == 0)
		ok = memcmp(seki_bundle_manifest(b)->root, r->root,
			 SEKI_SHA256) == 0
			 ? 1
			 : -1;
	seki_bundle_free(b);
	return ok;
}

#endif
