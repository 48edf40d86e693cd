#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "profile.h"
#include "xlsx.h"

enum { MAX_SIZE, MAX_ENTRIES, MAX_FILE, MAX_TOTAL, MAX_NAME, MAX_DEPTH,
	MAX_ROWS, NNUMBER };
enum { NAMES, NESTED, ENCRYPTED, NWORD };

/* In the order of the enums above. */
static const char *const numbers[] = { "max_size", "max_entries", "max_file",
	"max_total", "max_name", "max_depth", "max_rows" };
static const struct {
	const char *key, *yes, *no;
} words[] = { { "names", "any", "ascii" }, { "nested", "yes", "no" },
	{ "encrypted", "yes", "no" } };
static const char *const known[] = { "name", "extensions", "max_size",
	"max_entries", "max_file", "max_total", "max_name", "max_depth",
	"max_rows", "names", "nested", "encrypted", NULL };

struct seki_profile {
	struct seki_conf *conf;
	uint64_t max[NNUMBER]; /* UINT64_MAX: no ceiling */
	int yes[NWORD];
	const char *extensions; /* separated by blanks; NULL: any */
};

static int
wrong(const struct seki_profile *p, const char *path, const char *key,
    const char *what, struct seki_err *err)
{
	seki_err_object(err, path);
	seki_err_line(err, seki_conf_line(p->conf, key));
	return seki_fail(err, SEKI_CONFIG, "%s: %s", key, what);
}

/* "65000", "20M": K, M and G are 1024 times the one before. */
static int
number(const char *s, uint64_t *n)
{
	static const char units[] = "KMG";
	const char *u;
	char *end;

	if (s[0] < '0' || s[0] > '9' || strlen(s) > 12)
		return -1;
	*n = strtoull(s, &end, 10);
	if (*end == '\0')
		return 0;
	if ((u = strchr(units, *end)) == NULL || end[1] != '\0')
		return -1;
	*n <<= 10 * (u - units + 1);
	return 0;
}

static int
read_keys(struct seki_profile *p, const char *path, struct seki_err *err)
{
	const char *s;
	size_t i;

	for (i = 0; i < NNUMBER; i++) {
		p->max[i] = UINT64_MAX;
		if ((s = seki_conf_get(p->conf, numbers[i])) != NULL &&
		    number(s, &p->max[i]) == -1) {
			seki_err_hint(err, "%s = %s", numbers[i],
			    i == MAX_SIZE || i == MAX_FILE || i == MAX_TOTAL
				? "20M"
				: "50");
			return wrong(p, path, numbers[i],
			    _("not a number, perhaps with K, M or G"), err);
		}
	}
	for (i = 0; i < NWORD; i++) {
		p->yes[i] = 1;
		if ((s = seki_conf_get(p->conf, words[i].key)) == NULL)
			continue;
		p->yes[i] = strcmp(s, words[i].yes) == 0;
		if (!p->yes[i] && strcmp(s, words[i].no) != 0)
			return wrong(p, path, words[i].key,
			    i == NAMES ? _("neither any nor ascii")
				       : _("neither yes nor no"),
			    err);
	}
	p->extensions = seki_conf_get(p->conf, "extensions");
	return 0;
}

struct seki_profile *
seki_profile_open(const char *path, struct seki_err *err)
{
	struct seki_profile *p = calloc(1, sizeof(*p));

	if (p == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	if ((p->conf = seki_conf_open(path, known, err)) != NULL &&
	    read_keys(p, path, err) == 0)
		return p;
	seki_profile_free(p);
	return NULL;
}

void
seki_profile_free(struct seki_profile *p)
{
	if (p == NULL)
		return;
	seki_conf_free(p->conf);
	free(p);
}

uint64_t
seki_profile_size(const struct seki_profile *p)
{
	return p->max[MAX_SIZE];
}

/* One file held against one profile. */
struct look {
	const struct seki_profile *p;
	void (*tell)(void *, const char *, const char *);
	void *ctx;
	int stopped;
};

static void __attribute__((format(printf, 3, 4)))
stop(struct look *l, const char *name, const char *fmt, ...)
{
	char what[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	l->stopped++;
	l->tell(l->ctx, name, what);
}

static const char *
extension(const char *name)
{
	const char *slash = strrchr(name, '/');
	const char *dot = strrchr(slash == NULL ? name : slash, '.');

	return dot == NULL ? "" : dot + 1;
}

static int
one_of(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *s = list;

	while (*(s += strspn(s, " \t")) != '\0') {
		if (strncasecmp(s, word, n) == 0 &&
		    (s[n] == '\0' || s[n] == ' ' || s[n] == '\t'))
			return 1;
		s += strcspn(s, " \t");
	}
	return 0;
}

static int
ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || (unsigned char)*s > 0x7E)
			return 0;
	return 1;
}

static void
named(struct look *l, const char *name)
{
	const char *ext = extension(name);
	size_t i, depth = 1;

	if (strlen(name) > l->p->max[MAX_NAME])
		stop(l, name, _("the name is longer than %llu bytes"),
		    (unsigned long long)l->p->max[MAX_NAME]);
	for (i = 0; name[i] != '\0'; i++)
		depth += name[i] == '/';
	if (depth > l->p->max[MAX_DEPTH])
		stop(l, name, _("lies more than %llu folders deep"),
		    (unsigned long long)l->p->max[MAX_DEPTH]);
	if (!l->p->yes[NAMES] && !ascii(name))
		stop(l, name, "%s", _("the name is not ASCII"));
	if (l->p->extensions != NULL && !one_of(l->p->extensions, ext))
		stop(l, name, _("files of the type .%s are stopped"), ext);
}

static int
is_archive(const char *name)
{
	return one_of("zip 7z rar gz tgz bz2 xz tar lzh cab", extension(name));
}

static void
entries(struct look *l, const struct seki_zip *zip)
{
	const struct seki_place *e;
	uint64_t total = 0;
	size_t i;

	if (zip->n > l->p->max[MAX_ENTRIES])
		stop(l, "", _("%zu entries, at most %llu pass"), zip->n,
		    (unsigned long long)l->p->max[MAX_ENTRIES]);
	for (i = 0; i < zip->n; i++) {
		e = &zip->entry[i].place;
		total += e->size;
		named(l, zip->entry[i].name);
		if (e->size > l->p->max[MAX_FILE])
			stop(l, zip->entry[i].name,
			    _("%llu bytes, at most %llu pass"),
			    (unsigned long long)e->size,
			    (unsigned long long)l->p->max[MAX_FILE]);
		if (!l->p->yes[NESTED] && is_archive(zip->entry[i].name))
			stop(l, zip->entry[i].name, "%s",
			    _("an archive within the archive"));
	}
	if (total > l->p->max[MAX_TOTAL])
		stop(l, "", _("unpacked %llu bytes, at most %llu pass"),
		    (unsigned long long)total,
		    (unsigned long long)l->p->max[MAX_TOTAL]);
}

static int
rows(struct look *l, int fd, uint64_t at, uint64_t length, const char *name,
    struct seki_err *err)
{
	struct seki_xlsx *x = seki_xlsx_open(fd, at, length, err);
	struct seki_xlsx_rows *in;
	struct seki_cells *row;
	uint64_t last;
	size_t i;
	int r = x == NULL ? -1 : 0;

	for (i = 0; r == 0 && i < seki_xlsx_sheets(x); i++) {
		last = 0;
		if ((in = seki_xlsx_rows(x, i, err)) == NULL)
			r = -1;
		while (r == 0 && (r = seki_xlsx_next(in, &row, err)) == 1) {
			last = (uint64_t)row->row + 1;
			r = 0;
		}
		seki_xlsx_rows_free(in);
		if (r == 0 && last > l->p->max[MAX_ROWS])
			stop(l, name, _("sheet %s has %llu rows, at most %llu "
					"pass"),
			    seki_xlsx_name(x, i), (unsigned long long)last,
			    (unsigned long long)l->p->max[MAX_ROWS]);
		if (r == 0 && in == NULL)
			break;
	}
	seki_xlsx_free(x);
	return r;
}

/* Workbooks inside, which are stored, or the file itself. */
static int
books(struct look *l, int fd, uint64_t length, const struct seki_zip *zip,
    const char *name, struct seki_err *err)
{
	const struct seki_zip_entry *e;
	size_t i;

	if (l->p->max[MAX_ROWS] == UINT64_MAX)
		return 0;
	if (seki_zip_find(zip, "[Content_Types].xml") != NULL)
		return rows(l, fd, 0, length, name, err);
	for (i = 0; i < zip->n; i++) {
		e = &zip->entry[i];
		if (strcasecmp(extension(e->name), "xlsx") == 0 &&
		    !e->place.deflated &&
		    rows(l, fd, e->place.at, e->place.size, e->name, err) ==
			-1)
			return -1;
	}
	return 0;
}

static int
is_sealed(const struct seki_zip *zip)
{
	return seki_zip_find(zip, "data/records.cms") != NULL;
}

static int
look(struct look *l, int fd, uint64_t length, const char *path,
    struct seki_err *err)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash == NULL ? path : slash + 1;
	struct seki_zip zip = { .entry = NULL };
	int r;

	if (length > l->p->max[MAX_SIZE])
		stop(l, "", _("%llu bytes, at most %llu pass"),
		    (unsigned long long)length,
		    (unsigned long long)l->p->max[MAX_SIZE]);
	if (strcasecmp(extension(name), "txt") == 0) {
		named(l, name);
		return 0;
	}
	if (seki_zip_open(fd, 0, length, SEKI_ZIP_OTHERS, &zip, err) == -1)
		return -1;
	named(l, name);
	if (is_sealed(&zip) && !l->p->yes[ENCRYPTED])
		stop(l, "", "%s", _("its contents are encrypted"));
	/* The parts of a workbook are no files of its own. */
	if (seki_zip_find(&zip, "[Content_Types].xml") == NULL)
		entries(l, &zip);
	r = books(l, fd, length, &zip, name, err);
	seki_zip_release(&zip);
	return r;
}

int
seki_profile_check(const struct seki_profile *p, const char *path,
    const char *as,
    void (*tell)(void *, const char *, const char *), void *ctx,
    struct seki_err *err)
{
	struct look l = { .p = p, .tell = tell, .ctx = ctx };
	struct seki_in *in = seki_in_file(path, SEKI_BUNDLE_MAX, err);
	struct seki_part part;
	int fd = -1, r = -1;

	if (in == NULL)
		return -1;
	fd = seki_in_spool(NULL, in, err);
	seki_in_free(in);
	if (fd != -1 && seki_zipout_stored(fd, &part, err) == 0)
		r = look(&l, fd, part.size, as, err);
	if (fd != -1)
		(void)close(fd);
	if (r == -1)
		seki_err_object(err, path);
	return r == -1 ? -1 : l.stopped;
}
