#include <string.h>

#include "xlsx_int.h"

/* What runs, or fetches from elsewhere, when a person opens the workbook. */
static int
active(const char *name)
{
	static const char *const part[] = { "vbaProject", "macrosheets/",
		"activeX/", "embeddings/", "externalLinks/", "ctrlProps/",
		"connections.xml", "queryTables/" };
	size_t i;

	for (i = 0; i < sizeof(part) / sizeof(part[0]); i++)
		if (strcasestr(name, part[i]) != NULL)
			return 1;
	return 0;
}

int
seki_xlsx_zip(struct seki_xlsx *x, struct seki_err *err)
{
	size_t i;

	if (seki_zip_open(x->fd, x->offset, x->length, SEKI_ZIP_OTHERS, &x->zip,
		err) == -1)
		return -1;
	for (i = 0; i < x->zip.n; i++)
		if (active(x->zip.entry[i].name))
			return seki_fail(err, SEKI_XLSX,
			    _("the workbook holds active content: %s"),
			    x->zip.entry[i].name);
	return 0;
}

const struct seki_zip_entry *
seki_xlsx_part(const struct seki_xlsx *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->zip.n; i++)
		if (strcasecmp(x->zip.entry[i].name, name) == 0)
			return &x->zip.entry[i];
	return NULL;
}

int
seki_xlsx_sound(const struct seki_xlsx *x, const struct seki_zip_entry *e,
    struct seki_err *err)
{
	struct seki_in *in = seki_zip_in(x->fd, &e->place, e->name, err);
	char buf[SEKI_CHUNK / 4];
	ssize_t r = in == NULL ? -1 : 1;

	while (r > 0)
		r = seki_in_read(in, buf, sizeof(buf), err);
	seki_in_free(in);
	return (int)r;
}
