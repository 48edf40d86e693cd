/* One version of the trust file in memory, shared by the trust modules. */
#ifndef SEKI_TRUST_INT_H
#define SEKI_TRUST_INT_H

#include "seki_int.h"

#define SEKI_TRUST_FORMAT "seki-trust/1"
/* A year has one or two versions. */
#define SEKI_TRUST_VERSIONS ((size_t)1000)

struct seki_revoked {
	char key[SEKI_HEX];
	char *reason;
	seki_time time;
};
struct seki_stream_policy {
	char stream[SEKI_STREAM_MAX + 1]; /* or "*" */
	struct seki_policy policy;
};

/* Fixed arrays hold ids; what is allocated ends with the file. */
struct seki_trust_file {
	char name[32]; /* "7.json" */
	char org[8];
	uint64_t version;
	seki_time created, expires;
	struct seki_trust_member *member;
	size_t nmember;
	size_t threshold; /* of root persons */
	struct seki_trust_key *key;
	size_t nkey;
	struct seki_revoked *revoked;
	size_t nrevoked;
	struct seki_stream_policy *stream;
	size_t nstream;
	struct seki_buf bytes; /* as signed */
};

/* Canonical, every rule of seki-bundle(5), TRUST FILE (SEKI_TRUST).  text is
 * taken. */
struct seki_trust_file *seki_trust_file_parse(
    struct seki_buf *text, uint64_t version, struct seki_err *);
void seki_trust_file_free(struct seki_trust_file *);
const struct seki_trust_member *seki_trust_file_member(
    const struct seki_trust_file *, const char *id);
/* The key that a signature says it was made with, or NULL. */
const struct seki_trust_key *seki_trust_file_signer(
    const struct seki_trust_file *, const struct seki_cms *);
/* The signature over the bytes by that key, in its dates and algorithms. */
int seki_trust_file_holds(const struct seki_trust_key *, struct seki_cms *,
    const void *, size_t, struct seki_err *);
/* When the key was revoked here, or NULL. */
const struct seki_revoked *seki_trust_file_revoked(
    const struct seki_trust_file *, const char *key_id);

/* What the calls that read one version's document have in common; each fails
 * with SEKI_TRUST, naming what and the key. */
struct seki_trust_at {
	struct seki_trust_file *t;
	const char *what;
	struct seki_err *err;
};
int seki_trust_at_bad(
    const struct seki_trust_at *, const char *key, const char *why);
const char *seki_trust_at_str(const struct seki_trust_at *,
    const struct json_t *, const char *key, enum seki_form);
int seki_trust_at_id(const struct seki_trust_at *, const struct json_t *,
    const char *key, char to[SEKI_ID_MAX + 1]);
int seki_trust_at_number(const struct seki_trust_at *, const struct json_t *,
    const char *key, uint64_t min, uint64_t max, uint64_t *);
struct json_t *seki_trust_at_list(
    const struct seki_trust_at *, const struct json_t *, const char *key);
int seki_trust_at_time(const struct seki_trust_at *, const struct json_t *,
    const char *key, seki_time *);
int seki_trust_at_known(const struct seki_trust_at *, const struct json_t *,
    const char *const *keys);
char *seki_trust_at_copy(const struct seki_trust_at *, const char *);
/* Bits of the words in an array; each known, none twice, at least one. */
int seki_trust_at_words(const struct seki_trust_at *, const struct json_t *,
    const char *key, const char *const *word, unsigned *bits);
int seki_trust_file_keys(const struct seki_trust_at *, const struct json_t *);
int seki_trust_file_policies(
    const struct seki_trust_at *, const struct json_t *);

/* One file of a trust folder, by its name there. */
struct seki_trust_sig {
	char name[64];
	struct seki_buf der;
};
struct seki_trust_sigs {
	struct seki_trust_sig sig[SEKI_SIGNATURES_MAX];
	size_t n;
};
/* What one version consists of, as it was read and verified. */
struct seki_trust_kept {
	uint64_t version;
	struct seki_buf text;
	struct seki_trust_sigs sigs;
};

struct seki_trust {
	struct seki_trust_file *file; /* the newest */
	char dir[512];
	char (*deny)[SEKI_HEX];
	size_t ndeny;
	int keep; /* everything, for installing it: the folder may be anybody's,
		     and a stick may answer otherwise when read again */
	struct seki_trust_kept *kept;
	size_t nkept;
};
int seki_trust_denied(const struct seki_trust *, const char *key_id);

void seki_trust_sigs_free(struct seki_trust_sigs *);
/* Versions in the folder, ascending; the caller frees *version. */
int seki_trust_versions(
    const char *dir, uint64_t **version, size_t *n, struct seki_err *);
int seki_trust_sigs_read(const struct seki_trust *, uint64_t version,
    struct seki_trust_sigs *, struct seki_err *);
/* A file of the folder, whole; unless it may be anybody's, others must not be
 * able to write to it (SEKI_UNSAFE). */
int seki_trust_slurp(const char *dir, const char *name, int anybody,
    size_t max, struct seki_buf *, struct seki_err *);
/* Like seki_trust_open, but the folder may be anybody's: a stick. */
struct seki_trust *seki_trust_read(
    const char *dir, seki_time now, int keep, struct seki_err *);
/* Ours or root's, and nobody else may write to it (SEKI_UNSAFE). */
int seki_trust_closed(const char *dir, struct seki_err *);

#endif
