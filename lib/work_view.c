#include "seki_int.h"

/* Apart from the other jobs, so that only who reads workbooks links what reads
 * them. */

static int
same(int fd, const struct seki_place *view, struct seki_stream_in *s,
    const struct seki_manifest *m, struct seki_err *err)
{
	struct seki_sheet_out *o = seki_sheet_same(
	    fd, view->at, view->size, seki_stream_schema(s), m, err);
	struct seki_record *rec;
	int r = -1;

	while (o != NULL && (r = seki_stream_next(s, &rec, err)) == 1)
		if (seki_sheet_put(o, rec, err) == -1) {
			r = -1;
			break;
		}
	if (r == 0)
		return seki_sheet_end(o, err);
	seki_sheet_abort(o);
	return -1;
}

/*
 * Not the workbook that the records give.  The rules on archives and the reader
 * of any workbook may know better what is wrong with it: a part that yields
 * more than it states, a formula, a DOCTYPE.
 */
static int
why(int fd, const struct seki_place *view, const struct seki_schema *schema,
    const struct seki_manifest *m, struct seki_err *err)
{
	struct seki_err better = SEKI_ERR_INIT;
	struct seki_proof found;

	if (seki_zip_check(fd, view->at, view->size, SEKI_ZIP_OTHERS,
		&better) == -1 ||
	    seki_sheet_read(
		fd, view->at, view->size, schema, m, &found, &better) == -1)
		*err = better;
	else if (err->reason == SEKI_ZIP) {
		seki_err_clear(&better);
		(void)seki_fail(&better, SEKI_VIEW,
		    _("the workbook's archive is not of our making: %s"),
		    err->text);
		*err = better;
	}
	return -1;
}

int
seki_work_view(int fd, const struct seki_place *records,
    const struct seki_place *view, const struct seki_manifest *m,
    const char *name, struct seki_err *err)
{
	struct seki_in *in = seki_zip_in(fd, records, name, err);
	struct seki_stream_in *s;
	int r;

	if (in == NULL || (s = seki_stream_open(in, err)) == NULL)
		return -1;
	/* By step 8, which reads the same private copy. */
	seki_stream_elsewhere(s);
	seki_stream_allow_part(s);
	r = same(fd, view, s, m, err);
	if (r == -1 && (err->reason == SEKI_VIEW || err->reason == SEKI_ZIP ||
			   err->reason == SEKI_LIMIT))
		r = why(fd, view, seki_stream_schema(s), m, err);
	seki_stream_free(s);
	return r;
}
