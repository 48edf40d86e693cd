#include <stdlib.h>

#include "cloud_int.h"

/* When the made-up apps were last deployed. */
#define REVISION "12"

/* Settings by type, as the service lists them (record API 3.1). */
static const struct {
	const char *type, *more;
} settings[] = {
	{ "SINGLE_LINE_TEXT",
	    ",\"required\":false,\"minLength\":\"\","
	    "\"maxLength\":\"\",\"unique\":false,\"defaultValue\":\"\","
	    "\"hideExpression\":false" },
	{ "MULTI_LINE_TEXT", ",\"required\":false,\"defaultValue\":\"\"" },
	{ "RICH_TEXT", ",\"required\":false,\"defaultValue\":\"\"" },
	{ "NUMBER", ",\"required\":false,\"minValue\":\"\","
		    "\"maxValue\":\"\",\"digit\":false,\"unique\":false,"
		    "\"defaultValue\":\"\",\"displayScale\":\"\",\"unit\":\"\","
		    "\"unitPosition\":\"AFTER\"" },
	{ "CALC", ",\"required\":false,\"displayScale\":\"\","
		  "\"hideExpression\":false,\"unit\":\"\","
		  "\"unitPosition\":\"AFTER\"" },
	{ "CHECK_BOX", ",\"required\":false,\"defaultValue\":[],"
		       "\"align\":\"HORIZONTAL\"" },
	{ "RADIO_BUTTON", ",\"required\":false,\"align\":\"HORIZONTAL\"" },
	{ "MULTI_SELECT", ",\"required\":false,\"defaultValue\":[]" },
	{ "DROP_DOWN", ",\"required\":false,\"defaultValue\":\"\"" },
	{ "DATE", ",\"required\":false,\"unique\":false,"
		  "\"defaultValue\":\"\",\"defaultNowValue\":false" },
	{ "TIME", ",\"required\":false,\"defaultValue\":\"\","
		  "\"defaultNowValue\":false" },
	{ "DATETIME", ",\"required\":false,\"unique\":false,"
		      "\"defaultValue\":\"\",\"defaultNowValue\":false" },
	{ "LINK", ",\"required\":false,\"unique\":false,\"minLength\":\"\","
		  "\"maxLength\":\"\",\"defaultValue\":\"\"" },
	{ "USER_SELECT", ",\"required\":false,\"entities\":[],"
			 "\"defaultValue\":[]" },
	{ "ORGANIZATION_SELECT", ",\"required\":false,\"entities\":[],"
				 "\"defaultValue\":[]" },
	{ "GROUP_SELECT", ",\"required\":false,\"entities\":[],"
			  "\"defaultValue\":[]" },
	{ "FILE", ",\"required\":false,\"thumbnailSize\":\"150\"" },
	{ "GROUP", ",\"openGroup\":false" },
};

static int
is(const struct seki_cloud_column *c, const char *type)
{
	return strcmp(c->type, type) == 0;
}

/* On the form, but no field. */
static int
ornament(const struct seki_cloud_column *c)
{
	return is(c, "LABEL") || is(c, "HR") || is(c, "SPACER");
}

/* "a|b" as the options of a choice. */
static void
options(struct seki_cloud_gen *g, const struct seki_cloud_column *c)
{
	const char *s = c->arg;
	unsigned index = 0;
	size_t n;

	seki_cloud_gen_raw(g, ",\"options\":{");
	for (;;) {
		n = strcspn(s, "|");
		seki_cloud_gen_fmt(g,
		    "%s\"%.*s\":{\"label\":\"%.*s\","
		    "\"index\":\"%u\"}",
		    index > 0 ? "," : "", (int)n, s, (int)n, s, index);
		index++;
		if (s[n] == '\0')
			break;
		s += n + 1;
	}
	seki_cloud_gen_raw(g, "}");
	/* A radio button stands on its first option. */
	if (is(c, "RADIO_BUTTON"))
		seki_cloud_gen_fmt(g, ",\"defaultValue\":\"%.*s\"",
		    (int)strcspn(c->arg, "|"), c->arg);
}

/* What column.arg says, by type. */
static void
argument(struct seki_cloud_gen *g, const struct seki_cloud_column *c)
{
	const char *eq;

	if (is(c, "CALC")) {
		eq = strchr(c->arg, '=');
		seki_cloud_gen_fmt(g,
		    ",\"format\":\"%.*s\",\"expression\":", (int)(eq - c->arg),
		    c->arg);
		seki_cloud_gen_str(g, eq + 1);
	} else if (is(c, "LINK"))
		seki_cloud_gen_fmt(g, ",\"protocol\":\"%s\"", c->arg);
	else if (is(c, "REFERENCE_TABLE"))
		seki_cloud_gen_fmt(g, ",\"referenceTable\":%s", c->arg);
	else if (is(c, "SINGLE_LINE_TEXT")) {
		seki_cloud_gen_raw(g, ",\"expression\":");
		seki_cloud_gen_str(g, c->arg != NULL ? c->arg : "");
	} else if (c->arg != NULL)
		options(g, c);
}

static void
property(struct seki_cloud_gen *g, const struct seki_cloud_column *c)
{
	size_t n = sizeof(settings) / sizeof(settings[0]);

	seki_cloud_gen_fmt(g,
	    "\"%s\":{\"type\":\"%s\",\"code\":\"%s\","
	    "\"label\":",
	    c->code, c->type, c->code);
	seki_cloud_gen_str(g, c->label);
	if (is(c, "STATUS") || is(c, "STATUS_ASSIGNEE") || is(c, "CATEGORY"))
		seki_cloud_gen_raw(g, ",\"enabled\":true");
	else
		seki_cloud_gen_raw(g, ",\"noLabel\":false");
	if (c->arg != NULL && c->arg[0] == '{' && !is(c, "REFERENCE_TABLE")) {
		/* A lookup has none of its base type's settings. */
		seki_cloud_gen_fmt(
		    g, ",\"required\":false,\"lookup\":%s}", c->arg);
		return;
	}
	/* By which records are found again. */
	if (strcmp(c->code, "受付番号") == 0)
		seki_cloud_gen_raw(g,
		    ",\"required\":false,\"minLength\":\"\","
		    "\"maxLength\":\"\",\"unique\":true,\"defaultValue\":\"\","
		    "\"hideExpression\":false");
	else
		for (size_t i = 0; i < n; i++)
			if (is(c, settings[i].type))
				seki_cloud_gen_raw(g, settings[i].more);
	argument(g, c);
	if (c->inner != NULL) {
		seki_cloud_gen_raw(g, ",\"fields\":{");
		for (const struct seki_cloud_column *i = c->inner;
		     i->code != NULL; i++) {
			if (i != c->inner)
				seki_cloud_gen_raw(g, ",");
			property(g, i);
		}
		seki_cloud_gen_raw(g, "}");
	}
	seki_cloud_gen_raw(g, "}");
}

void
seki_cloud_form_fields(struct seki_cloud_gen *g)
{
	const char *sep = "";

	seki_cloud_gen_raw(g, "{\"properties\":{");
	for (const struct seki_cloud_column *c = g->kind->column;
	     c->code != NULL; c++) {
		if (ornament(c))
			continue;
		seki_cloud_gen_raw(g, sep);
		property(g, c);
		sep = ",";
	}
	seki_cloud_gen_raw(g, "},\"revision\":\"" REVISION "\"}");
}

static void
cell(struct seki_cloud_gen *g, const struct seki_cloud_column *c)
{
	seki_cloud_gen_fmt(g, "{\"type\":\"%s\"", c->type);
	if (is(c, "LABEL")) {
		seki_cloud_gen_raw(g, ",\"label\":");
		seki_cloud_gen_str(g, c->label);
	} else if (is(c, "SPACER"))
		seki_cloud_gen_raw(g, ",\"elementId\":\"\"");
	else if (!is(c, "HR"))
		seki_cloud_gen_fmt(g, ",\"code\":\"%s\"", c->code);
	if (is(c, "MULTI_LINE_TEXT") || is(c, "RICH_TEXT"))
		seki_cloud_gen_raw(g, ",\"size\":{\"width\":\"400\","
				      "\"innerHeight\":\"125\"}}");
	else if (is(c, "REFERENCE_TABLE"))
		seki_cloud_gen_raw(g, "}");
	else
		seki_cloud_gen_raw(g, ",\"size\":{\"width\":\"193\"}}");
}

static void
cells(struct seki_cloud_gen *g, const struct seki_cloud_column **at, int line)
{
	const char *sep = "";

	while ((*at)->code != NULL && (*at)->line == line) {
		seki_cloud_gen_raw(g, sep);
		cell(g, (*at)++);
		sep = ",";
	}
}

static void
table(struct seki_cloud_gen *g, const struct seki_cloud_column *c)
{
	const struct seki_cloud_column *inner = c->inner;

	seki_cloud_gen_fmt(g,
	    "{\"type\":\"SUBTABLE\",\"code\":\"%s\","
	    "\"fields\":[",
	    c->code);
	cells(g, &inner, 0);
	seki_cloud_gen_raw(g, "]}");
}

/* Rows of the columns from *at while they are, or are not, in the group. */
static void
rows(struct seki_cloud_gen *g, const struct seki_cloud_column *c, int grouped)
{
	const char *sep = "";

	while (c->code != NULL) {
		if (c->line == 0 || (c->line >= 100) != grouped ||
		    is(c, "GROUP")) {
			c++;
			continue;
		}
		seki_cloud_gen_raw(g, sep);
		sep = ",";
		if (is(c, "SUBTABLE")) {
			table(g, c++);
			continue;
		}
		seki_cloud_gen_raw(g, "{\"type\":\"ROW\",\"fields\":[");
		cells(g, &c, c->line);
		seki_cloud_gen_raw(g, "]}");
	}
}

void
seki_cloud_form_layout(struct seki_cloud_gen *g)
{
	seki_cloud_gen_raw(g, "{\"layout\":[");
	rows(g, g->kind->column, 0);
	for (const struct seki_cloud_column *c = g->kind->column;
	     c->code != NULL; c++) {
		if (!is(c, "GROUP"))
			continue;
		seki_cloud_gen_fmt(g,
		    ",{\"type\":\"GROUP\",\"code\":\"%s\","
		    "\"layout\":[",
		    c->code);
		rows(g, g->kind->column, 1);
		seki_cloud_gen_raw(g, "]}");
	}
	seki_cloud_gen_raw(g, "],\"revision\":\"" REVISION "\"}");
}

void
seki_cloud_form_about(struct seki_cloud_gen *g)
{
	static const char who[] = "{\"code\":\"Administrator\","
				  "\"name\":\"Administrator\"}";

	seki_cloud_gen_fmt(g,
	    "{\"appId\":\"%ju\",\"code\":\"%s\","
	    "\"name\":\"%s\",\"description\":",
	    (uintmax_t)g->app, g->kind->code, g->kind->title);
	seki_cloud_gen_str(g, g->kind->description);
	seki_cloud_gen_fmt(g,
	    ",\"createdAt\":\"2025-03-03T01:00:00.000Z\","
	    "\"creator\":%s,\"modifiedAt\":\"2026-03-31T08:00:00.000Z\","
	    "\"modifier\":%s,\"spaceId\":null,\"threadId\":null}",
	    who, who);
}

void
seki_cloud_form_settings(struct seki_cloud_gen *g)
{
	seki_cloud_gen_fmt(
	    g, "{\"name\":\"%s\",\"description\":", g->kind->title);
	seki_cloud_gen_str(g, g->kind->description);
	seki_cloud_gen_fmt(g,
	    ",\"icon\":{\"type\":\"PRESET\","
	    "\"key\":\"APP60\"},\"theme\":\"WHITE\",\"titleField\":{"
	    "\"selectionMode\":\"MANUAL\",\"code\":\"%s\"},"
	    "\"enableThumbnails\":true,\"enableBulkDeletion\":false,"
	    "\"enableComments\":true,\"enableDuplicateRecord\":true,"
	    "\"enableInlineRecordEditing\":true,\"numberPrecision\":{"
	    "\"digits\":\"30\",\"decimalPlaces\":\"10\","
	    "\"roundingMode\":\"HALF_EVEN\"},"
	    "\"firstMonthOfFiscalYear\":\"4\",\"revision\":\"" REVISION "\"}",
	    g->kind->title_field);
}

static int
has(const struct seki_cloud_gen *g, const char *type)
{
	for (const struct seki_cloud_column *c = g->kind->column;
	     c->code != NULL; c++)
		if (is(c, type))
			return 1;
	return 0;
}

#define STATE(name, index)                                                     \
	"\"" name "\":{\"name\":\"" name "\",\"index\":\"" index               \
	"\",\"assignee\":{\"type\":\"ONE\",\"entities\":[]}}"
#define ACTION(name, from, to)                                                 \
	"{\"name\":\"" name "\",\"from\":\"" from "\",\"to\":\"" to            \
	"\",\"filterCond\":\"\",\"type\":\"PRIMARY\"}"

void
seki_cloud_form_status(struct seki_cloud_gen *g)
{
	seki_cloud_gen_raw(
	    g, has(g, "STATUS")
		   ? "{\"enable\":true,\"states\":{" STATE("未処理",
			 "0") "," STATE("対応中", "1") "," STATE("完了",
			 "2") "},\"actions\":[" ACTION("対応する", "未処理",
			 "対応中") "," ACTION("完了する", "対応中",
			 "完了") "," ACTION("差し戻す", "対応中",
			 "未処理") "],\"revision\":\"" REVISION "\"}"
		   : "{\"enable\":false,\"states\":null,\"actions\":null,"
		     "\"revision\":\"" REVISION "\"}");
}

void
seki_cloud_form_views(struct seki_cloud_gen *g)
{
	seki_cloud_gen_fmt(g,
	    "{\"views\":{\"一覧\":{\"type\":\"LIST\",\"name\":\"一覧\","
	    "\"id\":\"%ju\",\"index\":\"0\",\"filterCond\":\"\","
	    "\"sort\":\"レコード番号 desc\",\"fields\":[\"レコード番号\","
	    "\"%s\"]}},\"revision\":\"" REVISION "\"}",
	    (uintmax_t)(g->app * 1000 + 1), g->kind->title_field);
}
