#include "char_files.h"

/* The bytes once, so that what is read is what the digest is of. */
static struct seki_in *
bytes(struct seki_rules *rules, const char *name, const char *path,
    struct seki_buf *b, struct seki_err *err)
{
	char hex[SEKI_HEX];

	seki_buf_reset(b);
	if (seki_in_slurp(path, SEKI_CHARTABLE_MAX, b, err) == -1 ||
	    seki_sha256_hex(b->p, b->n, hex, err) == -1 ||
	    seki_rules_bind(rules, name, hex, err) == -1)
		return NULL;
	return seki_in_mem(b->p, b->n, path, err);
}

static int
fallbacks(struct seki_char_files *f, struct seki_rules *rules, const char *path,
    struct seki_err *err)
{
	char hex[SEKI_HEX];

	f->standins.fallback = seki_fallback_open(path, rules, hex, err);
	return f->standins.fallback == NULL
		   ? -1
		   : seki_rules_bind(rules, "@fallbacks", hex, err);
}

int
seki_char_files_open(struct seki_char_files *f, struct seki_rules *rules,
    const char *fold, const char *gaiji, const char *path, struct seki_err *err)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_in *in;
	int r = 0;

	memset(f, 0, sizeof(*f));
	if (fold != NULL &&
	    ((in = bytes(rules, "@fold", fold, &b, err)) == NULL ||
		(f->fold = seki_fold_read(in, err)) == NULL)) {
		seki_err_object(err, fold);
		r = -1;
	}
	if (r == 0 && gaiji != NULL &&
	    ((in = bytes(rules, "@gaiji", gaiji, &b, err)) == NULL ||
		(f->gaiji = seki_gaiji_read(in, err)) == NULL)) {
		seki_err_object(err, gaiji);
		r = -1;
	}
	if (r == 0 && path != NULL && fallbacks(f, rules, path, err) == -1)
		r = -1;
	seki_buf_free(&b);
	f->tables.fold = f->fold;
	f->tables.gaiji = f->gaiji;
	f->standins.gaiji = f->gaiji;
	return r;
}

void
seki_char_files_close(struct seki_char_files *f)
{
	seki_fold_free(f->fold);
	seki_gaiji_free(f->gaiji);
	seki_fallback_free(f->standins.fallback);
}
