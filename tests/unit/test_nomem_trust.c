#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "nomem.h"
#include "seki_int.h"

static int
copy_manifest(struct seki_err *err)
{
	struct seki_buf text = SEKI_BUF_INIT, again = SEKI_BUF_INIT;
	struct seki_manifest *m = NULL;
	int r = -1;

	if (seki_in_slurp("tests/data/bundle/manifest.json", SEKI_MANIFEST_MAX,
		&text, err) == 0 &&
	    (m = seki_manifest_parse(text.p, text.n, err)) != NULL)
		r = seki_manifest_format(m, &again, err);
	seki_manifest_free(m);
	seki_buf_free(&text);
	seki_buf_free(&again);
	return r;
}

static int
open_trust(struct seki_err *err)
{
	struct seki_trust *t =
	    seki_enrol_open("tests/data/bundle/trust", 0, err);

	seki_trust_free(t);
	return t == NULL ? -1 : 0;
}

static int
sign(struct seki_err *err)
{
	struct seki_buf der = SEKI_BUF_INIT, cert = SEKI_BUF_INIT;
	enum seki_purpose purpose;
	struct seki_key *key;
	seki_time when;
	int r = -1;

	key =
	    seki_key_make("/tmp/seki-nomem-trust.key", "inet-1", 0, 86400, err);
	if (key != NULL && seki_key_cert(key, &cert, err) == 0 &&
	    seki_cms_sign(key, SEKI_P_PREPARE, "x", 1, 60, &der, err) == 0)
		r = seki_cms_verify(
		    der.p, der.n, "x", 1, cert.p, cert.n, &purpose, &when, err);
	(void)unlink("/tmp/seki-nomem-trust.key");
	seki_key_free(key);
	seki_buf_free(&der);
	seki_buf_free(&cert);
	return r;
}

static void
test_trust(void **state)
{
	(void)state;
	exhaust("manifest", copy_manifest);
	exhaust("trust", open_trust);
	exhaust("signature", sign);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_trust),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
