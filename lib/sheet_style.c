#include "sheet_out.h"

/*
 * The formats of all cells, the same in every workbook.  No theme: a workbook
 * without one is shown in the fonts and colours it names.
 */
#define GOTHIC "BIZ UDゴシック"
#define MINCHO "IPAmj明朝"
/* Decimals have the formats from 164 on; 49 is text and 1 a whole number in
 * every program. */
#define TEXT 49u
#define GENERAL 0u
#define WHOLE 1u
#define DECIMALS 164u
#define DECIMALS_MAX 15u

/* The widths of columns are counted in digits of the first one. */
static const struct {
	const char *name, *bold;
	unsigned size;
} fonts[] = { { "Calibri", "", 11 }, { GOTHIC, "", 10 }, { MINCHO, "", 10 },
	{ GOTHIC, "<b/>", 10 }, { GOTHIC, "<b/>", 22 }, { GOTHIC, "<b/>", 16 },
	{ GOTHIC, "<b/>", 11 }, { GOTHIC, "", 11 } };

#define SIDE(side, style)                                                      \
	"<" side " style=\"" style "\"><color auto=\"1\"/></" side ">"
/* The third one is grey. */
static const char fills[] =
    "<fills count=\"3\"><fill><patternFill patternType=\"none\"/></fill>"
    "<fill><patternFill patternType=\"gray125\"/></fill>"
    "<fill><patternFill patternType=\"solid\"><fgColor rgb=\"FFE7E6E6\"/>"
    "<bgColor indexed=\"64\"/></patternFill></fill></fills>";
static const char *const borders[] = {
	"<left/><right/><top/><bottom/>",
	"<left/><right/><top/>" SIDE("bottom", "medium"),
	"<left/><right/><top/>" SIDE("bottom", "hair"),
	SIDE("left", "thin") SIDE("right", "thin") SIDE("top", "thin")
	    SIDE("bottom", "thin"),
};

#define TOP "vertical=\"top\""
#define MIDDLE "vertical=\"center\""
#define WRAP " wrapText=\"1\""
/* Not flush with the text of the next column. */
#define RIGHT "horizontal=\"right\" vertical=\"top\" indent=\"1\""

static const struct {
	unsigned format, font, fill, border;
	const char *align;
} styles[] = { [SEKI_STYLE_TEXT] = { TEXT, 1, 0, 0, TOP WRAP },
	[SEKI_STYLE_NAME] = { TEXT, 2, 0, 0, TOP WRAP },
	[SEKI_STYLE_RIGHT] = { TEXT, 1, 0, 0, RIGHT WRAP },
	[SEKI_STYLE_GENERAL] = { GENERAL, 1, 0, 0, RIGHT },
	[SEKI_STYLE_HEAD] = { TEXT, 3, 2, 3, MIDDLE WRAP },
	[SEKI_STYLE_TITLE] = { TEXT, 4, 0, 0, MIDDLE },
	[SEKI_STYLE_NOTICE] = { TEXT, 5, 0, 1, MIDDLE },
	[SEKI_STYLE_LABEL] = { TEXT, 6, 0, 0, MIDDLE },
	[SEKI_STYLE_VALUE] = { TEXT, 7, 0, 0, MIDDLE },
	[SEKI_STYLE_LABEL_LAST] = { TEXT, 6, 0, 2, MIDDLE },
	[SEKI_STYLE_VALUE_LAST] = { TEXT, 7, 0, 2, MIDDLE },
	[SEKI_STYLE_BOX] = { TEXT, 7, 2, 3, "horizontal=\"center\" " MIDDLE },
	[SEKI_STYLE_ROOM] = { TEXT, 7, 0, 3,
	    "horizontal=\"right\" vertical=\"bottom\"" },
	[SEKI_STYLE_LEGEND] = { TEXT, 1, 0, 0, TOP },
	[SEKI_STYLE_DECIMAL] = { WHOLE, 1, 0, 0, RIGHT } };

static int
formats(struct seki_buf *b, struct seki_err *err)
{
	unsigned k;

	if (seki_buf_fmt(b, err, "<numFmts count=\"%u\">", DECIMALS_MAX) == -1)
		return -1;
	for (k = 1; k <= DECIMALS_MAX; k++)
		if (seki_buf_fmt(b, err,
			"<numFmt numFmtId=\"%u\" formatCode=\"0.%0*d\"/>",
			DECIMALS + k - 1, (int)k, 0) == -1)
			return -1;
	return seki_buf_str(b, "</numFmts>", err);
}

static int
font_list(struct seki_buf *b, struct seki_err *err)
{
	const size_t n = sizeof(fonts) / sizeof(fonts[0]);
	size_t i;

	if (seki_buf_fmt(b, err, "<fonts count=\"%zu\">", n) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (seki_buf_fmt(b, err,
			"<font>%s<sz val=\"%u\"/><name val=\"%s\"/></font>",
			fonts[i].bold, fonts[i].size, fonts[i].name) == -1)
			return -1;
	return seki_buf_str(b, "</fonts>", err);
}

static int
border_list(struct seki_buf *b, struct seki_err *err)
{
	const size_t n = sizeof(borders) / sizeof(borders[0]);
	size_t i;

	if (seki_buf_fmt(b, err, "<borders count=\"%zu\">", n) == -1)
		return -1;
	for (i = 0; i < n; i++)
		if (seki_buf_fmt(b, err, "<border>%s<diagonal/></border>",
			borders[i]) == -1)
			return -1;
	return seki_buf_str(b, "</borders>", err);
}

static int
style(struct seki_buf *b, unsigned i, unsigned format, struct seki_err *err)
{
	return seki_buf_fmt(b, err,
	    "<xf numFmtId=\"%u\" fontId=\"%u\" fillId=\"%u\" borderId=\"%u\" "
	    "xfId=\"0\" applyNumberFormat=\"1\" applyFont=\"1\" "
	    "applyFill=\"1\" applyBorder=\"1\" applyAlignment=\"1\">"
	    "<alignment %s/></xf>",
	    format, styles[i].font, styles[i].fill, styles[i].border,
	    styles[i].align);
}

static int
style_list(struct seki_buf *b, struct seki_err *err)
{
	unsigned i;

	if (seki_buf_fmt(b, err,
		"<cellXfs count=\"%u\"><xf numFmtId=\"0\" fontId=\"0\" "
		"fillId=\"0\" borderId=\"0\" xfId=\"0\"/>",
		SEKI_STYLE_DECIMAL + DECIMALS_MAX + 1) == -1)
		return -1;
	for (i = 1; i <= SEKI_STYLE_DECIMAL; i++)
		if (style(b, i, styles[i].format, err) == -1)
			return -1;
	for (i = 1; i <= DECIMALS_MAX; i++)
		if (style(b, SEKI_STYLE_DECIMAL, DECIMALS + i - 1, err) == -1)
			return -1;
	return seki_buf_str(b, "</cellXfs>", err);
}

int
seki_style_put(struct seki_buf *b, struct seki_err *err)
{
	if (seki_buf_str(b,
		SEKI_XML "<styleSheet xmlns=\"" SEKI_XMLNS_MAIN "\">",
		err) == -1 ||
	    formats(b, err) == -1 || font_list(b, err) == -1 ||
	    seki_buf_str(b, fills, err) == -1 || border_list(b, err) == -1 ||
	    seki_buf_str(b,
		"<cellStyleXfs count=\"1\"><xf numFmtId=\"0\" fontId=\"0\" "
		"fillId=\"0\" borderId=\"0\"/></cellStyleXfs>",
		err) == -1 ||
	    style_list(b, err) == -1)
		return -1;
	return seki_buf_str(b,
	    "<cellStyles count=\"1\"><cellStyle name=\"Normal\" xfId=\"0\" "
	    "builtinId=\"0\"/></cellStyles></styleSheet>",
	    err);
}
