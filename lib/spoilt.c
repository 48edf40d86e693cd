#include <string.h>

#include "seki_int.h"
#include "spoilt.h"

/* A text being looked at from the left. */
struct at {
	const char *s, *end;
};

static size_t
digits(struct at *a)
{
	const char *from = a->s;

	while (a->s < a->end && *a->s >= '0' && *a->s <= '9')
		a->s++;
	return (size_t)(a->s - from);
}

static int
word(struct at *a, const char *w)
{
	size_t n = strlen(w);

	if ((size_t)(a->end - a->s) < n || memcmp(a->s, w, n) != 0)
		return 0;
	a->s += n;
	return 1;
}

static int
upto(struct at *a, size_t most)
{
	size_t n = digits(a);

	return n > 0 && n <= most;
}

/* 1.23E+11, 1E+12, -1.2E-05: one digit in front, two or three behind. */
static int
exponent(struct at a)
{
	size_t n;

	(void)word(&a, "-");
	if (digits(&a) != 1 || (word(&a, ".") && digits(&a) == 0) ||
	    !word(&a, "E") || !(word(&a, "+") || word(&a, "-")))
		return 0;
	n = digits(&a);
	return (n == 2 || n == 3) && a.s == a.end;
}

static int
error(struct at a)
{
	static const char *const words[] = { "#N/A", "#REF!", "#VALUE!",
		"#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!",
		"#GETTING_DATA", "#FIELD!", "#BLOCKED!", "#CONNECT!", NULL };
	size_t i;

	for (i = 0; words[i] != NULL; i++) {
		struct at b = a;

		if (word(&b, words[i]) && b.s == b.end)
			return 1;
	}
	return 0;
}

/* A column that was too narrow when it was saved. */
static int
narrow(struct at a)
{
	const char *from = a.s;

	while (a.s < a.end && *a.s == '#')
		a.s++;
	return a.s == a.end && a.s - from >= 3;
}

static int
month(struct at *a)
{
	static const char *const words[] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", NULL };
	size_t i;

	for (i = 0; words[i] != NULL; i++)
		if (word(a, words[i]))
			return 1;
	return 0;
}

/* 5月3日 */
static int
kanji(struct at a)
{
	return upto(&a, 2) && word(&a, "月") && upto(&a, 2) && word(&a, "日") &&
	       a.s == a.end;
}

/* 3-May, May-03 */
static int
english(struct at a)
{
	if (month(&a))
		return word(&a, "-") && upto(&a, 2) && a.s == a.end;
	return upto(&a, 2) && word(&a, "-") && month(&a) && a.s == a.end;
}

/* 5/3, 2026/5/3 */
static int
slashes(struct at a)
{
	struct at b = a;

	if (digits(&b) == 4 && word(&b, "/"))
		a = b;
	return upto(&a, 2) && word(&a, "/") && upto(&a, 2) && a.s == a.end;
}

enum seki_spoilt
seki_spoilt_text(const char *s, size_t n, int days)
{
	struct at a = { s, s + n };

	/* The longest is -1.23456789012345E+308. */
	if (n < 3 || (n > 24 && s[0] != '#'))
		return SEKI_SPOILT_NOT;
	if (s[0] == '#')
		return error(a)	   ? SEKI_SPOILT_ERROR
		       : narrow(a) ? SEKI_SPOILT_NARROW
				   : SEKI_SPOILT_NOT;
	if (memchr(s, 'E', n) != NULL && exponent(a))
		return SEKI_SPOILT_EXPONENT;
	if (days && (kanji(a) || english(a) || slashes(a)))
		return SEKI_SPOILT_DAY;
	return SEKI_SPOILT_NOT;
}

const char *
seki_spoilt_sentence(enum seki_spoilt s)
{
	static const char *const sentence[] = { "",
		N_("saved by Excel: a number in the form 1.23E+11, whose "
		   "digits "
		   "are lost"),
		N_("saved by Excel: an error value such as #N/A or #REF!"),
		N_("saved by Excel: #### in place of a value, because the "
		   "column "
		   "was too narrow"),
		N_("saved by Excel: a day such as 5月3日 or 3-May in place of "
		   "a "
		   "code or number"),
		N_("saved by Excel: a number of more than 15 digits, of which "
		   "it "
		   "keeps only 15"),
		N_("saved by Excel: fewer digits than the code has, zeros in "
		   "front are lost"),
		N_("saved by Excel: a number where a code stood, zeros in "
		   "front "
		   "may be lost"),
		N_("saved by Excel: a date or time in place of a code or "
		   "number"),
		N_("saved by Excel: TRUE or FALSE in place of a value"),
		N_("a formula without its result: Excel has never worked it "
		   "out") };

	return s == SEKI_SPOILT_NOT ? "" : _(sentence[s]);
}

const char *
seki_spoilt_remedy(enum seki_spoilt s)
{
	if (s == SEKI_SPOILT_FORMULA || s == SEKI_SPOILT_ERROR)
		return _("open it in Excel, put a value in the place of the "
			 "formula, and save; or get the original file");
	if (s == SEKI_SPOILT_NUMBER)
		return _("give the code's 桁数 (length) in the layout if its "
			 "length is fixed; else get the original file and "
			 "open it by Data > From Text, with the column as "
			 "Text");
	return _("get the original file again and do not save it in Excel; to "
		 "look at it: Data > From Text, with the column as Text");
}
