/* Other records for a bundle of bundlemaker.h.  Included once by a test. */
#ifndef PROVE_H
#define PROVE_H

/* Each record's revision begins with this digit. */
static void
revise(char digit)
{
	static const char rev[] = "\"$revision\":\"";
	char *s;

	for (s = strchr(records.p, '\n'); (s = strstr(s, rev)) != NULL; s++)
		s[sizeof(rev) - 1] = digit;
}

/* The stream in records, which is a full one, says that it is a delta. */
static void
as_delta(void)
{
	static const char was[] = "\"kind\":\"full\"";
	struct seki_buf b = SEKI_BUF_INIT;
	char *s = strstr(records.p, was);

	assert_non_null(s);
	*s = '\0';
	assert_int_equal(seki_buf_fmt(&b, &err, "%s\"kind\":\"delta\"%s",
			     records.p, s + sizeof(was) - 1),
	    0);
	seki_buf_free(&records);
	records = b;
	set(&m->kind, "delta");
}

/* What the changed stream proves, into its STATE and the manifest. */
static void
prove(void)
{
	struct seki_in *in = seki_in_mem(records.p, records.n, "r", &err);
	struct seki_stream_in *s = seki_stream_open(in, &err);
	const struct seki_schema *schema = seki_stream_schema(s);
	struct seki_canon *c = seki_canon_new(schema, &err);
	struct seki_record *r;
	struct seki_proof p;
	char hex[SEKI_HEX], id[SEKI_SCHEMA_ID],
	    *root = strstr(records.p, "\"root\":\"");

	while (seki_stream_next(s, &r, &err) == 1)
		assert_int_equal(seki_canon_add(c, r, NULL, &err), 0);
	seki_err_clear(&err); /* the stated root is the old one */
	assert_int_equal(seki_canon_end(c, &p, &err), 0);
	seki_text_hex(p.root, SEKI_SHA256, hex);
	memcpy(root + 8, hex, SEKI_HEX - 1);
	memcpy(m->root, p.root, SEKI_SHA256);
	memcpy(m->schema, schema->digest, SEKI_SHA256);
	seki_origin_schema(schema->stream, schema->digest, id);
	set(&m->schema_id, id);
	seki_canon_free(c);
	seki_stream_free(s);
}

#endif
