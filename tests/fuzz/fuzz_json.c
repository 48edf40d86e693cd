/* The tokenizer never reads past the text, and whatever it takes jansson takes
 * (numbers that fit no double, and keys twice, apart). */
#include <stdlib.h>

#include <jansson.h>

#include "seki_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_text(const struct seki_json *j)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_buf buf = SEKI_BUF_INIT;
	struct seki_json again;
	char *s = malloc(j->n + 1), *t;
	size_t n, bad;

	if (s == NULL)
		abort();
	n = seki_json_unescape(j, s);
	if (n > j->n || !seki_text_utf8(s, n, &bad))
		abort();
	/* Quoted, it is read as the same text again. */
	if (seki_json_quote(&buf, s, n, &err) == -1)
		abort();
	seki_json_init(&again, buf.p, buf.n);
	if (seki_json_next(&again) != SEKI_J_STRING ||
	    (t = malloc(again.n + 1)) == NULL ||
	    seki_json_unescape(&again, t) != n || memcmp(s, t, n) != 0)
		abort();
	free(s);
	free(t);
	seki_buf_free(&buf);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *p = (const char *)data;
	enum seki_json_tok tok;
	struct seki_json j;
	json_error_t why;
	json_t *doc;

	seki_json_init(&j, p, size);
	do {
		tok = seki_json_next(&j);
		if (seki_json_at(&j) > size)
			abort();
		if (tok == SEKI_J_KEY || tok == SEKI_J_STRING)
			check_text(&j);
	} while (tok != SEKI_J_END && tok != SEKI_J_BAD);
	doc = json_loadb(p, size, JSON_DECODE_ANY, &why);
	if (tok == SEKI_J_END && doc == NULL &&
	    json_error_code(&why) != json_error_numeric_overflow)
		abort();
	/* The other way: jansson takes more only in depth, BOM and NUL. */
	if (tok == SEKI_J_BAD && doc != NULL && !j.deep &&
	    memchr(p, '\0', size) == NULL)
		abort();
	json_decref(doc);
	return 0;
}
