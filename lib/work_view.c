#include "seki_int.h"

/* Apart from the other jobs, so that only who reads workbooks links what reads
 * them. */
int
seki_work_view(int fd, const struct seki_place *records,
    const struct seki_place *view, const struct seki_manifest *m,
    const char *name, struct seki_proof *proof, struct seki_err *err)
{
	struct seki_in *in = seki_zip_in(fd, records, name, err);
	struct seki_stream_in *s;
	int r;

	memset(proof, 0, sizeof(*proof));
	if (in == NULL || (s = seki_stream_open(in, err)) == NULL)
		return -1;
	r = seki_sheet_read(
	    fd, view->at, view->size, seki_stream_schema(s), m, proof, err);
	seki_stream_free(s);
	return r;
}
