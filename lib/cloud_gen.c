#include <stdarg.h>
#include <stdlib.h>

#include "cloud_int.h"

#define RECORDS_MAX 10000000

static const struct seki_cloud_kind *const kinds[] = { &seki_cloud_soudan,
	&seki_cloud_kifu };

void
seki_cloud_gen_raw(struct seki_cloud_gen *g, const char *s)
{
	if (!g->bad && seki_buf_str(g->b, s, g->err) == -1)
		g->bad = 1;
}

void
seki_cloud_gen_str(struct seki_cloud_gen *g, const char *s)
{
	if (!g->bad && seki_json_quote(g->b, s, strlen(s), g->err) == -1)
		g->bad = 1;
}

void
seki_cloud_gen_fmt(struct seki_cloud_gen *g, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	seki_cloud_gen_raw(g, text);
}

void
seki_cloud_gen_strf(struct seki_cloud_gen *g, const char *fmt, ...)
{
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	seki_cloud_gen_str(g, text);
}

/* SplitMix64: good enough for test data, the same on every machine. */
static uint64_t
draw(struct seki_cloud_gen *g)
{
	uint64_t z = g->rng += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

uint64_t
seki_cloud_gen_below(struct seki_cloud_gen *g, uint64_t n)
{
	return (draw(g) >> 32) * n >> 32;
}

const char *
seki_cloud_gen_pick(struct seki_cloud_gen *g, const char *const *list, size_t n)
{
	return list[seki_cloud_gen_below(g, n)];
}

void
seki_cloud_gen_time(struct seki_cloud_gen *g, seki_time t)
{
	char text[SEKI_TIME];

	seki_time_format(t - t % 60, text);
	seki_cloud_gen_fmt(g, "\"%s\"", text);
}

void
seki_cloud_gen_date(struct seki_cloud_gen *g, seki_time t)
{
	char text[SEKI_TIME];

	seki_time_format(t, text);
	seki_cloud_gen_fmt(g, "\"%.10s\"", text);
}

/* The members of a record or of a table's row, after their brace. */
static void
members(struct seki_cloud_gen *g, const struct seki_cloud_column *c)
{
	const char *sep = "\"";

	for (; c->code != NULL; c++) {
		if (c->value == NULL)
			continue;
		seki_cloud_gen_raw(g, sep);
		seki_cloud_gen_raw(g, c->code);
		seki_cloud_gen_raw(g, "\":{\"type\":\"");
		seki_cloud_gen_raw(g, c->type);
		seki_cloud_gen_raw(g, "\",\"value\":");
		g->column = c;
		c->value(g);
		seki_cloud_gen_raw(g, "}");
		sep = ",\"";
	}
}

void
seki_cloud_gen_rows(struct seki_cloud_gen *g, uint64_t n, uint64_t first)
{
	const struct seki_cloud_column *inner = g->column->inner;

	seki_cloud_gen_raw(g, "[");
	for (g->row = 0; g->row < n; g->row++) {
		seki_cloud_gen_fmt(g, "%s{\"id\":\"%ju\",\"value\":{",
		    g->row > 0 ? "," : "", (uintmax_t)(first + g->row));
		members(g, inner);
		seki_cloud_gen_raw(g, "}}");
	}
	seki_cloud_gen_raw(g, "]");
}

int
seki_cloud_gen_record(const struct seki_cloud_kind *kind, uint64_t seed,
    uint64_t id, int flaws, struct seki_buf *b, struct seki_err *err)
{
	struct seki_cloud_gen g = { .b = b,
		.err = err,
		.kind = kind,
		.flaws = flaws,
		.id = id,
		.rng = seed };

	/* Each record has its own sequence: it does not depend on others. */
	g.rng = draw(&g) ^ id * 0xd1342543de82ef95;
	g.revision =
	    1 + (seki_cloud_gen_below(&g, 3) == 0 ? seki_cloud_gen_below(&g, 9)
						  : 0);
	kind->begin(&g);
	seki_cloud_gen_raw(&g, "{");
	members(&g, kind->column);
	seki_cloud_gen_fmt(&g,
	    ",\"$revision\":{\"type\":\"__REVISION__\","
	    "\"value\":\"%ju\"},\"$id\":{\"type\":\"__ID__\","
	    "\"value\":\"%ju\"}}",
	    (uintmax_t)g.revision, (uintmax_t)id);
	return g.bad ? -1 : 0;
}

static int
documents(struct seki_cloud_db *db, uint64_t app,
    const struct seki_cloud_kind *kind, struct seki_buf *b,
    struct seki_err *err)
{
	static const struct {
		const char *name;
		void (*fn)(struct seki_cloud_gen *);
	} docs[] = {
		{ "app", seki_cloud_form_about },
		{ "app/form/fields", seki_cloud_form_fields },
		{ "app/form/layout", seki_cloud_form_layout },
		{ "app/settings", seki_cloud_form_settings },
		{ "app/status", seki_cloud_form_status },
		{ "app/views", seki_cloud_form_views },
	};

	for (size_t i = 0; i < sizeof(docs) / sizeof(docs[0]); i++) {
		struct seki_cloud_gen g = {
			.b = b, .err = err, .kind = kind, .app = app
		};

		seki_buf_reset(b);
		docs[i].fn(&g);
		if (g.bad || seki_cloud_db_doc_set(
				 db, app, docs[i].name, b->p, b->n, err) == -1)
			return -1;
	}
	return 0;
}

static int
people(struct seki_cloud_db *db, struct seki_buf *b, struct seki_err *err)
{
	struct seki_cloud_gen g = { .b = b, .err = err };

	seki_buf_reset(b);
	seki_cloud_text_people(&g);
	return g.bad ? -1 : seki_cloud_person_learn(db, b->p, b->n, err);
}

static const struct seki_cloud_kind *
find(const char *spec, uint64_t *n, struct seki_err *err)
{
	const char *colon = strchr(spec, ':');
	size_t len = colon != NULL ? (size_t)(colon - spec) : 0;
	char *end;

	seki_err_object(err, spec);
	seki_err_hint(err, "--generate soudan:2000");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i]->name) != len ||
		    memcmp(kinds[i]->name, spec, len) != 0)
			continue;
		*n = strtoull(colon + 1, &end, 10);
		if (colon[1] >= '0' && colon[1] <= '9' && *end == '\0' &&
		    *n <= RECORDS_MAX) {
			seki_err_clear(err);
			return kinds[i];
		}
		seki_fail(err, SEKI_USAGE, _("records: 0 to %d"), RECORDS_MAX);
		return NULL;
	}
	seki_fail(err, SEKI_USAGE,
	    _("KIND:RECORDS is wanted; kinds are soudan and kifu"));
	return NULL;
}

int
seki_cloud_gen_app(struct seki_cloud_db *db, uint64_t app, const char *spec,
    uint64_t seed, int flaws, struct seki_err *err)
{
	const struct seki_cloud_kind *kind;
	struct seki_buf b = SEKI_BUF_INIT;
	uint64_t n;
	int r;

	if ((kind = find(spec, &n, err)) == NULL)
		return -1;
	if ((r = documents(db, app, kind, &b, err)) == 0)
		r = people(db, &b, err);
	for (uint64_t id = 1; r == 0 && id <= n; id++) {
		seki_buf_reset(&b);
		r = seki_cloud_gen_record(kind, seed, id, flaws, &b, err);
		if (r == 0)
			r = seki_cloud_db_add(db, app, id, b.p, b.n, err);
	}
	seki_buf_free(&b);
	return r;
}
