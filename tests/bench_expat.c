/*
 * Bare expat over parts of a workbook: what reading it costs at the least.
 * It inflates and parses, counts, and keeps nothing; bench.sh measures
 * seki-read beside it.
 *   bench_expat FILE PART...
 */
#include <stdio.h>
#include <stdlib.h>

#include <expat.h>
#include <zip.h>

static unsigned long long elements, bytes;

static void XMLCALL
start(void *ctx, const char *name, const char **atts)
{
	(void)ctx;
	(void)name;
	(void)atts;
	elements++;
}

static void XMLCALL
end(void *ctx, const char *name)
{
	(void)ctx;
	(void)name;
}

static void XMLCALL
text(void *ctx, const char *s, int n)
{
	(void)ctx;
	(void)s;
	bytes += (unsigned long long)n;
}

static int
part(zip_t *z, const char *name)
{
	zip_file_t *f = zip_fopen(z, name, 0);
	XML_Parser p = XML_ParserCreate("UTF-8");
	zip_int64_t n = -1;
	void *to;

	if (f == NULL || p == NULL)
		return -1;
	XML_SetElementHandler(p, start, end);
	XML_SetCharacterDataHandler(p, text);
	do {
		if ((to = XML_GetBuffer(p, 65536)) == NULL)
			return -1;
		if ((n = zip_fread(f, to, 65536)) == -1)
			return -1;
	} while (XML_ParseBuffer(p, (int)n, n == 0) == XML_STATUS_OK && n > 0);
	XML_ParserFree(p);
	(void)zip_fclose(f);
	return n == 0 ? 0 : -1;
}

int
main(int argc, char **argv)
{
	zip_t *z = argc > 2 ? zip_open(argv[1], ZIP_RDONLY, NULL) : NULL;
	int i;

	if (z == NULL)
		return EXIT_FAILURE;
	for (i = 2; i < argc; i++)
		if (part(z, argv[i]) == -1)
			return EXIT_FAILURE;
	(void)zip_close(z);
	(void)printf("%llu elements, %llu bytes of text\n", elements, bytes);
	return EXIT_SUCCESS;
}
