#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "xlsx_int.h"

/*
 * libzip over part of a descriptor, by pread: the descriptor's own position
 * stays, so that several readers share it.
 */
struct window {
	int fd;
	uint64_t offset, length, at;
	zip_error_t error;
};

static zip_int64_t
window_read(struct window *w, void *data, zip_uint64_t len)
{
	ssize_t n;

	if (len > w->length - w->at)
		len = w->length - w->at;
	do
		n = pread(w->fd, data, len, (off_t)(w->offset + w->at));
	while (n == -1 && errno == EINTR);
	if (n == -1) {
		zip_error_set(&w->error, ZIP_ER_READ, errno);
		return -1;
	}
	w->at += (uint64_t)n;
	return n;
}

static zip_int64_t
window_stat(struct window *w, void *data)
{
	zip_stat_t *st = data;

	zip_stat_init(st);
	st->size = w->length;
	st->valid = ZIP_STAT_SIZE;
	return sizeof(*st);
}

static zip_int64_t
window_cmd(void *ctx, void *data, zip_uint64_t len, zip_source_cmd_t cmd)
{
	struct window *w = ctx;
	zip_int64_t at;

/* The commands of writing are none of ours. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
	switch (cmd) {
	case ZIP_SOURCE_OPEN:
		w->at = 0;
		return 0;
	case ZIP_SOURCE_READ:
		return window_read(w, data, len);
	case ZIP_SOURCE_CLOSE:
		return 0;
	case ZIP_SOURCE_STAT:
		return window_stat(w, data);
	case ZIP_SOURCE_ERROR:
		return zip_error_to_data(&w->error, data, len);
	case ZIP_SOURCE_FREE:
		zip_error_fini(&w->error);
		free(w);
		return 0;
	case ZIP_SOURCE_SEEK:
		at = zip_source_seek_compute_offset(
		    w->at, w->length, data, len, &w->error);
		if (at < 0)
			return -1;
		w->at = (uint64_t)at;
		return 0;
	case ZIP_SOURCE_TELL:
		return (zip_int64_t)w->at;
	case ZIP_SOURCE_SUPPORTS:
		return zip_source_make_command_bitmap(ZIP_SOURCE_OPEN,
		    ZIP_SOURCE_READ, ZIP_SOURCE_CLOSE, ZIP_SOURCE_STAT,
		    ZIP_SOURCE_ERROR, ZIP_SOURCE_FREE, ZIP_SOURCE_SEEK,
		    ZIP_SOURCE_TELL, ZIP_SOURCE_SUPPORTS, -1);
	default:
		zip_error_set(&w->error, ZIP_ER_OPNOTSUPP, 0);
		return -1;
	}
#pragma GCC diagnostic pop
}

static int
zip_failed(zip_error_t *error, struct seki_err *err)
{
	(void)seki_fail(err,
	    zip_error_code_zip(error) == ZIP_ER_MEMORY ? SEKI_NOMEM : SEKI_ZIP,
	    _("the workbook's archive: %s"), zip_error_strerror(error));
	zip_error_fini(error);
	return -1;
}

static zip_t *
window_open(int fd, uint64_t offset, uint64_t length, struct seki_err *err)
{
	struct window *w;
	zip_error_t error;
	zip_source_t *src;
	zip_t *zip;

	if ((w = calloc(1, sizeof(*w))) == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	w->fd = fd;
	w->offset = offset;
	w->length = length;
	zip_error_init(&w->error);
	zip_error_init(&error);
	if ((src = zip_source_function_create(window_cmd, w, &error)) == NULL) {
		free(w);
		(void)zip_failed(&error, err);
		return NULL;
	}
	if ((zip = zip_open_from_source(src, ZIP_RDONLY, &error)) == NULL) {
		zip_source_free(src);
		(void)zip_failed(&error, err);
	}
	return zip;
}

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

static int
entry_ok(zip_t *zip, zip_uint64_t i, uint64_t *sum, struct seki_err *err)
{
	zip_stat_t st;

	if (zip_stat_index(zip, i, 0, &st) == -1 ||
	    (st.valid & ZIP_STAT_SIZE) == 0)
		return seki_fail(err, SEKI_ZIP, "%s",
		    _("the workbook's archive has an entry without a size"));
	if ((st.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 &&
	    st.encryption_method != ZIP_EM_NONE)
		return seki_fail(
		    err, SEKI_ZIP, "%s", _("the workbook is encrypted"));
	if (active(st.name))
		return seki_fail(err, SEKI_XLSX,
		    _("the workbook holds active content: %s"), st.name);
	*sum += st.size;
	if (st.size > SEKI_PART_MAX || *sum > SEKI_INFLATED_MAX)
		return seki_fail(err, SEKI_LIMIT,
		    _("the workbook's part %s is larger than the limit"),
		    st.name);
	return 0;
}

zip_t *
seki_xlsx_zip_again(
    int fd, uint64_t offset, uint64_t length, struct seki_err *err)
{
	return window_open(fd, offset, length, err);
}

zip_t *
seki_xlsx_zip(int fd, uint64_t offset, uint64_t length, struct seki_err *err)
{
	zip_int64_t i, n;
	uint64_t sum = 0;
	zip_t *zip;

	if (seki_zip_check(fd, offset, length, 0, err) == -1 ||
	    (zip = window_open(fd, offset, length, err)) == NULL)
		return NULL;
	n = zip_get_num_entries(zip, 0);
	if (n > (zip_int64_t)SEKI_PARTS_MAX) {
		(void)seki_fail(err, SEKI_LIMIT,
		    _("the workbook has more than %zu parts"), SEKI_PARTS_MAX);
		goto fail;
	}
	for (i = 0; i < n; i++)
		if (entry_ok(zip, (zip_uint64_t)i, &sum, err) == -1)
			goto fail;
	return zip;

fail:
	zip_discard(zip);
	return NULL;
}
