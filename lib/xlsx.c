#include <stdlib.h>
#include <string.h>

#include "xlsx_int.h"

size_t
seki_xlsx_sheets(const struct seki_xlsx *x)
{
	return x->n;
}

const char *
seki_xlsx_name(const struct seki_xlsx *x, size_t sheet)
{
	return x->sheet[sheet].name;
}

int
seki_xlsx_hidden(const struct seki_xlsx *x, size_t sheet)
{
	return x->sheet[sheet].hidden;
}

int
seki_xlsx_1904(const struct seki_xlsx *x)
{
	return x->d1904;
}

void
seki_xlsx_ahead(struct seki_xlsx *x)
{
	x->ahead = 1;
}

uint64_t
seki_xlsx_broken(const struct seki_xlsx *x)
{
	return x->broken;
}

static int
ends(const char *s, const char *with)
{
	size_t n = strlen(s), k = strlen(with);

	return n >= k && strcasecmp(s + n - k, with) == 0;
}

/* Where a relationship leads: from is the part it belongs to. NULL when it
 * climbs out. */
static char *
resolve(const char *from, const char *target, struct seki_err *err)
{
	const char *slash = strrchr(from, '/');
	size_t dir = slash == NULL ? 0 : (size_t)(slash - from) + 1, n;
	char *out = malloc(dir + strlen(target) + 2);
	size_t at = dir;

	if (out == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	memcpy(out, from, dir);
	if (*target == '/')
		at = 0;
	while (*target != '\0') {
		n = strcspn(target, "/");
		if (n == 2 && memcmp(target, "..", 2) == 0) {
			if (at == 0)
				goto climbs;
			for (at--; at > 0 && out[at - 1] != '/'; at--)
				;
		} else if (n > 0 && !(n == 1 && *target == '.')) {
			memcpy(out + at, target, n);
			at += n;
			if (target[n] == '/')
				out[at++] = '/';
		}
		target += n + (target[n] == '/');
	}
	out[at] = '\0';
	return out;

climbs:
	(void)seki_fail(err, SEKI_XLSX, "%s: %s", from,
	    _("a relationship leads out of the workbook"));
	free(out);
	return NULL;
}

/* The name of the part that holds a part's relationships. */
static char *
rels_of(const char *part, struct seki_err *err)
{
	const char *slash = strrchr(part, '/');
	int dir = slash == NULL ? 0 : (int)(slash - part) + 1;
	char *out;

	if (asprintf(&out, "%.*s_rels/%s.rels", dir, part, part + dir) == -1) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	return out;
}

/* Relationships: the workbook of the package, the parts of the workbook. */
struct rels {
	struct seki_xlsx *x;
	const char *from;
	char *book;
	char *strings;
	char *styles;
};

static void
rel(struct seki_xml *xml, const char **atts)
{
	struct rels *r = xml->ctx;
	const char *id = seki_xml_att(atts, "Id");
	const char *type = seki_xml_att(atts, "Type");
	const char *target = seki_xml_att(atts, "Target");
	const char *mode = seki_xml_att(atts, "TargetMode");
	char **to = NULL;
	size_t i;

	if (id == NULL || type == NULL || target == NULL ||
	    (mode != NULL && strcmp(mode, "Internal") != 0))
		return;
	if (r->from[0] == '\0' && ends(type, "/officeDocument"))
		to = &r->book;
	else if (r->from[0] != '\0' && ends(type, "/sharedStrings"))
		to = &r->strings;
	else if (r->from[0] != '\0' && ends(type, "/styles"))
		to = &r->styles;
	for (i = 0; r->from[0] != '\0' && i < r->x->n; i++)
		if (r->x->sheet[i].rel != NULL &&
		    strcmp(r->x->sheet[i].rel, id) == 0 &&
		    ends(type, "/worksheet"))
			to = &r->x->sheet[i].part;
	if (to == NULL)
		return;
	if (*to != NULL) {
		(void)seki_xml_fail(
		    xml, SEKI_XLSX, _("a relationship stands twice"));
		return;
	}
	if ((*to = resolve(r->from, target, xml->err)) == NULL)
		seki_xml_stop(xml);
}

static void
rels_start(
    struct seki_xml *xml, enum seki_ns ns, const char *local, const char **atts)
{
	if (xml->depth == 2 && ns == SEKI_NS_RELS &&
	    strcmp(local, "Relationship") == 0)
		rel(xml, atts);
}

static void
nothing_end(struct seki_xml *xml)
{
	(void)xml;
}

static void
nothing_text(struct seki_xml *xml, const char *s, size_t n)
{
	(void)xml;
	(void)s;
	(void)n;
}

static const struct seki_xml_ops rels_ops = { rels_start, nothing_end,
	nothing_text };

static int
same_name(const struct seki_xlsx *x, const char *name)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (strcasecmp(x->sheet[i].name, name) == 0)
			return 1;
	return 0;
}

static void
book_sheet(struct seki_xml *xml, const char **atts)
{
	struct seki_xlsx *x = xml->ctx;
	const char *name = seki_xml_att(atts, "name");
	const char *id = seki_xml_att_rel(atts, "id");
	const char *state = seki_xml_att(atts, "state");
	struct seki_xlsx_sheet *s;

	if (name == NULL || id == NULL || same_name(x, name)) {
		(void)seki_xml_fail(
		    xml, SEKI_XLSX, _("a sheet has no name of its own"));
		return;
	}
	if (x->n == SEKI_PARTS_MAX) {
		(void)seki_xml_fail(xml, SEKI_LIMIT, _("too many sheets"));
		return;
	}
	s = reallocarray(x->sheet, x->n + 1, sizeof(*s));
	if (s != NULL) {
		x->sheet = s;
		s += x->n++;
		memset(s, 0, sizeof(*s));
		s->name = strdup(name);
		s->rel = strdup(id);
		s->hidden = state != NULL && strcmp(state, "visible") != 0;
	}
	if (s == NULL || s->name == NULL || s->rel == NULL) {
		(void)seki_err_nomem(xml->err);
		seki_xml_stop(xml);
	}
}

static void
book_start(
    struct seki_xml *xml, enum seki_ns ns, const char *local, const char **atts)
{
	struct seki_xlsx *x = xml->ctx;

	if (xml->depth == 1 &&
	    (ns != SEKI_NS_MAIN || strcmp(local, "workbook") != 0))
		(void)seki_xml_fail(xml, SEKI_XLSX, _("not a workbook"));
	else if (ns != SEKI_NS_MAIN)
		return;
	else if (xml->depth == 2 && strcmp(local, "workbookPr") == 0)
		x->d1904 = seki_xml_bool(seki_xml_att(atts, "date1904"));
	else if (xml->depth == 3 && strcmp(local, "sheet") == 0)
		book_sheet(xml, atts);
}

static const struct seki_xml_ops book_ops = { book_start, nothing_end,
	nothing_text };

static int
is_xml(const char *name)
{
	return ends(name, ".xml") || ends(name, ".rels") || ends(name, ".vml");
}

/* Parts that are read later. */
static int
read_later(const struct seki_xlsx *x, const char *name, const char *strings)
{
	size_t k;

	if (strings != NULL && strcasecmp(name, strings) == 0)
		return 1;
	for (k = 0; k < x->n; k++)
		if (x->sheet[k].part != NULL &&
		    strcasecmp(name, x->sheet[k].part) == 0)
			return 1;
	return 0;
}

/* A DOCTYPE is refused wherever it stands, also in parts nobody reads; and no
 * part yields another number of bytes than it states. */
static int
look_through(struct seki_xlsx *x, const char *strings, struct seki_err *err)
{
	const struct seki_zip_entry *e = x->zip.entry;
	size_t i;

	for (i = 0; i < x->zip.n; i++, e++) {
		if (read_later(x, e->name, strings))
			continue;
		if ((is_xml(e->name)
			    ? seki_xml_whole(x, e->name, NULL, NULL, err)
			    : seki_xlsx_sound(x, e, err)) == -1)
			return -1;
	}
	return 0;
}

static int
read_rels(struct seki_xlsx *x, struct rels *r, struct seki_err *err)
{
	char *part = rels_of(r->from, err);
	int ret = -1;

	if (part != NULL)
		ret = seki_xml_whole(x, part, &rels_ops, r, err);
	free(part);
	return ret;
}

static int
load(struct seki_xlsx *x, struct seki_err *err)
{
	struct rels root = { .x = x, .from = "" }, book = { .x = x };
	int r = -1;

	if (read_rels(x, &root, err) == -1)
		goto done;
	if (root.book == NULL) {
		(void)seki_fail(
		    err, SEKI_XLSX, "%s", _("the archive names no workbook"));
		goto done;
	}
	book.from = root.book;
	if (seki_xml_whole(x, root.book, &book_ops, x, err) == -1 ||
	    read_rels(x, &book, err) == -1 ||
	    look_through(x, book.strings, err) == -1)
		goto done;
	r = book.strings == NULL ? 0 : seki_xlsx_strings(x, book.strings, err);

done:
	free(root.book);
	free(root.strings);
	free(root.styles);
	free(book.book);
	free(book.strings);
	x->style_part = book.styles;
	return r;
}

struct seki_xlsx *
seki_xlsx_open(int fd, uint64_t offset, uint64_t length, struct seki_err *err)
{
	struct seki_xlsx *x = calloc(1, sizeof(*x));

	if (x == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	x->fd = fd;
	x->offset = offset;
	x->length = length;
	if (seki_xlsx_zip(x, err) == 0 && load(x, err) == 0)
		return x;
	seki_xlsx_free(x);
	return NULL;
}

struct seki_xlsx *
seki_xlsx_twin(struct seki_xlsx *x, struct seki_err *err)
{
	struct seki_xlsx *twin = malloc(sizeof(*twin));

	if (twin == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	*twin = *x;
	twin->of = x;
	twin->broken = 0;
	return twin;
}

void
seki_xlsx_free(struct seki_xlsx *x)
{
	size_t i;

	if (x == NULL)
		return;
	if (x->of != NULL) {
		x->of->broken += x->broken;
		free(x);
		return;
	}
	for (i = 0; i < x->n; i++) {
		free(x->sheet[i].name);
		free(x->sheet[i].rel);
		free(x->sheet[i].part);
	}
	free(x->sheet);
	free(x->style_part);
	free(x->as);
	seki_buf_free(&x->strings.text);
	free(x->strings.end);
	seki_zip_release(&x->zip);
	free(x);
}
