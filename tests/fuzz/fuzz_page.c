/* A page of the service: whatever comes, it is a page of records that a
 * stream takes, or refused with a reason. */
#include <stdlib.h>

#include "pull_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static const char fields[] =
    "{\"properties\":{"
    "\"t\":{\"type\":\"SINGLE_LINE_TEXT\"},\"n\":{\"type\":\"NUMBER\"},"
    "\"m\":{\"type\":\"DATETIME\"},\"c\":{\"type\":\"CHECK_BOX\"},"
    "\"u\":{\"type\":\"USER_SELECT\"},\"f\":{\"type\":\"FILE\"},"
    "\"k\":{\"type\":\"CALC\",\"format\":\"HOUR_MINUTE\"},"
    "\"s\":{\"type\":\"SUBTABLE\",\"fields\":{\"x\":{\"type\":\"DATE\"}}}},"
    "\"revision\":\"1\"}";
static const char layout[] = "{\"layout\":[],\"revision\":\"1\"}";
static const char *const hidden[] = { "t", "n", "m", "c", "u", "f", "s", NULL };

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct seki_pull pull = {
		.app = "1", .stream = "s", .hidden = hidden
	};
	static struct seki_app app;
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_page *page;
	struct seki_canon *canon;
	struct seki_record *rec;
	char *text = malloc(size + 1);
	int r;

	if (app.schema == NULL &&
	    seki_app_parse(&app, fields, sizeof(fields) - 1, layout,
		sizeof(layout) - 1, "h", &pull, &err) == -1)
		abort();
	if (text == NULL || (page = seki_page_new(&app, &pull, &err)) == NULL ||
	    (canon = seki_canon_new(app.schema, &err)) == NULL)
		abort();
	/* Exactly size bytes, so that one read past them is seen. */
	memcpy(text, data, size);
	text = realloc(text, size ? size : 1);
	seki_page_begin(page, text, size, 1);
	while ((r = seki_page_next(page, &rec, &err)) == 1)
		/* Order is not the page's to judge; everything else is. */
		if (seki_canon_add(canon, rec, NULL, &err) == -1 &&
		    strstr(err.text, "after") == NULL)
			abort();
		else
			seki_err_clear(&err);
	if (r == -1 && err.reason == SEKI_OK)
		abort();
	seki_canon_free(canon);
	seki_page_free(page);
	free(text);
	return 0;
}
