/*
 * A table of any content is read by any layout, or refused.  The input is a
 * layout, a line of one TAB and LF, and a file for it; without that line it is
 * a file without a layout.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "layout.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int null;
static char dir[] = "/tmp/seki-fuzz-grid-XXXXXX", lay[64], table[64];

static void
leave(void)
{
	(void)unlink(lay);
	(void)unlink(table);
	(void)rmdir(dir);
}

static void
write_file(const char *path, const void *p, size_t n)
{
	FILE *f = fopen(path, "w");

	if (f == NULL || (n > 0 && fwrite(p, 1, n, f) != n) || fclose(f) != 0)
		abort();
}

static void
told(const struct seki_err *err)
{
	if (err->reason == SEKI_OK || err->reason == SEKI_BUG ||
	    err->text[0] == '\0')
		abort();
}

static void
run(const struct seki_intake_how *how, const char *path)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_intake *t = seki_intake_new(how, &err);
	struct seki_out *out = seki_out_fd(null, "null", &err);
	struct seki_proof proof;

	if (t == NULL || seki_intake_add(t, path, &err) == -1 ||
	    seki_intake_write(t, out, &proof, &err) == -1)
		told(&err);
	seki_out_abort(out);
	seki_intake_free(t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seki_intake_how how = {
		.stream = "s", .files = 1, .problem = told
	};
	const uint8_t *cut = memmem(data, size, "\t\n", 2);
	size_t n = cut == NULL ? 0 : (size_t)(cut - data);

	if (lay[0] == '\0') {
		if (mkdtemp(dir) == NULL)
			abort();
		(void)snprintf(lay, sizeof(lay), "%s/a.csv", dir);
		(void)snprintf(table, sizeof(table), "%s/table", dir);
		(void)atexit(leave);
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
	}
	write_file(lay, data, n);
	if (cut != NULL)
		write_file(table, cut + 2, size - n - 2);
	else
		write_file(table, data, size);
	run(&how, table);
	if (cut == NULL)
		return 0;
	how.form = lay;
	run(&how, table);
	how.form = NULL;
	how.layouts = dir;
	run(&how, table);
	return 0;
}
