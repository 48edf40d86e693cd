/*
 * The first byte chooses: T, a text in a field called My Number; t, the same in
 * one that says nothing; anything else, an attachment.  Whatever it is, what is
 * found lies in the text, in order, and an attachment is a finding, never a
 * failure.
 */
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static size_t after, size_of_text;

static void
hit(void *ctx, const struct seki_scan_hit *h)
{
	(void)ctx;
	if (h->n == 0 || h->at < after || h->at + h->n > size_of_text ||
	    h->level <= SEKI_SCAN_NONE || h->level >= SEKI_SCAN_LEVEL_COUNT ||
	    h->what >= SEKI_SCAN_WHAT_COUNT || h->why == 0)
		abort();
	after = h->at + h->n;
}

static void
text(const char *p, size_t n, const char *field)
{
	struct seki_scan_text work = { .hit = hit };
	struct seki_err err = SEKI_ERR_INIT;
	unsigned bits = 0;
	size_t bad;

	if (!seki_text_utf8(p, n, &bad))
		return;
	after = 0;
	size_of_text = n;
	if (seki_scan_label(&work, field, &bits, &err) == -1 ||
	    seki_scan_text(&work, p, n, bits, &err) == -1)
		abort();
	(void)seki_scan_formula(p, n);
	seki_buf_free(&work.points);
}

static void
file(const uint8_t *p, size_t n)
{
	static struct seki_scan_file *f;
	struct seki_scan_inside in, more;
	struct seki_err err = SEKI_ERR_INIT;
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	if (fd == -1 || write(fd, p, n) != (ssize_t)n ||
	    (f == NULL && (f = seki_scan_file_new("/tmp", &err)) == NULL))
		abort();
	if (seki_scan_file(f, fd, n, &in, &err) == -1) {
		(void)fprintf(
		    stderr, "%s: %s\n", seki_err_word(err.reason), err.text);
		abort();
	}
	seki_scan_file_name(&in, "a.pdf", "text/plain", &more);
	(void)close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] == 'T' || data[0] == 't')
		text((const char *)data + 1, size - 1,
		    data[0] == 'T' ? "個人番号" : "備考");
	else
		file(data + 1, size - 1);
	return 0;
}
