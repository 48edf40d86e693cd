#include "scan.h"

/* Words of levels, of what is met and why: the first stable, for programs; the
 * second for people. */
static const char *const levels[][2] = { { "", "" },
#define X(name, word, sentence) { word, sentence },
	SEKI_SCAN_LEVELS(X)
#undef X
};
static const char *const whats[][2] = {
#define X(name, word, sentence) { word, sentence },
	SEKI_SCAN_WHATS(X)
#undef X
};
static const char *const whys[SEKI_WHY_COUNT][2] = {
	{ "label", N_("a word that names it stands before it") },
	{ "field", N_("the field is called so") },
	{ "check-digit", N_("the check digit is right") },
	{ "bad-check-digit", N_("the check digit is wrong, as after a slip") },
	{ "groups", N_("written in groups") },
	{ "length", N_("too few or too many digits") },
};

const char *
seki_scan_level_word(enum seki_scan_level level)
{
	return levels[level][0];
}

const char *
seki_scan_level_sentence(enum seki_scan_level level)
{
	return _(levels[level][1]);
}

const char *
seki_scan_what_word(enum seki_scan_what what)
{
	return whats[what][0];
}

const char *
seki_scan_what_sentence(enum seki_scan_what what)
{
	return _(whats[what][1]);
}

static int
join(unsigned why, int people, struct seki_buf *b, struct seki_err *err)
{
	const char *glue = "";
	size_t i;

	for (i = 0; i < SEKI_WHY_COUNT; i++) {
		if ((why & 1U << i) == 0)
			continue;
		if (seki_buf_str(b, glue, err) == -1 ||
		    seki_buf_str(b, people ? _(whys[i][1]) : whys[i][0], err) ==
			-1)
			return -1;
		glue = people ? _("; ") : ",";
	}
	return 0;
}

int
seki_scan_why_words(unsigned why, struct seki_buf *b, struct seki_err *err)
{
	return join(why, 0, b, err);
}

int
seki_scan_why_text(unsigned why, struct seki_buf *b, struct seki_err *err)
{
	return join(why, 1, b, err);
}
