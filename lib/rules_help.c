#include "norm_int.h"

/* A line about each column and kind of a rules table, for the workbook that
 * staff begin with.  seki-rules(5) says all of it. */

static const char *const columns[SEKI_COL_COUNT] = {
	[SEKI_COL_OUTPUT] =
	    N_("The field code of what comes out; TABLE.CODE inside a table. "
	       "Needed."),
	[SEKI_COL_LABEL] = N_("Its label; empty: the label of the source."),
	[SEKI_COL_SOURCE] = N_(
	    "The field it is made from; empty: the one of the same code. A+B "
	    "joins fields, A|B takes the first that is not empty."),
	[SEKI_COL_KIND] =
	    N_("What the value is and what form it gets: one of the sheet of "
	       "kinds. Needed."),
	[SEKI_COL_REQUIRED] = N_("yes: an empty value breaks the rule."),
	[SEKI_COL_LENGTH] =
	    N_("Characters: 20 is at most 20, 2-10 is from 2 to 10; empty: any "
	       "length."),
	[SEKI_COL_DEFAULT] = N_("Stands where the value is empty."),
	[SEKI_COL_LOOKUP] =
	    N_("The file of a table that gives one value for another."),
	[SEKI_COL_ON_MISS] =
	    N_("What becomes of a value that the lookup table does not have. "
	       "hold: the record waits; keep: it goes on as it is; worklist: "
	       "it waits and is collected. Empty: hold."),
	[SEKI_COL_ON_BROKEN] = N_(
	    "What becomes of a value that breaks the rule. hold: the record "
	    "waits; keep: it goes on with a flag; stop: the run ends. Empty: "
	    "hold."),
	[SEKI_COL_ORIGINAL] =
	    N_("yes: the value as it came stands beside it, in a field of its "
	       "own."),
	[SEKI_COL_WHEN] =
	    N_("FIELD=VALUE: the row counts only for records with that value; "
	       "FIELD=A|B: with one of them."),
	[SEKI_COL_NOTE] =
	    N_("For people: the reason of the guess, and sample values of "
	       "records. It changes nothing."),
};

static const struct {
	const char *kind, *line;
} kinds[] = {
	{ "keep", N_("As it is, of any type: choices, users, files, tables") },
	{ "text", N_("Text without invisible characters; half-width kana "
		     "becomes full-width") },
	{ "name_kanji", N_("A name: one space between its parts; the kanji "
			   "stay as they are") },
	{ "name_kana", N_("A reading in full-width katakana") },
	{ "kana_zengin", N_("An account holder's name for bank transfers, "
			    "half-width kana, at most 30 characters") },
	{ "zengin_corp", N_("The same for a company, with the bank's "
			    "abbreviation of its legal form") },
	{ "yucho", N_("Symbol and number of a Yucho passbook as bank, branch, "
		      "type and account") },
	{ "address", N_("An address: digits and hyphens for chome and "
			"banchi") },
	{ "tel", N_("A telephone number with hyphens") },
	{ "postal", N_("A postal code, seven digits without a hyphen") },
	{ "email", N_("One e-mail address") },
	{ "number", N_("An amount or a count: digits without commas; not for "
		       "codes that begin with 0") },
	{ "date", N_("A day, also of Japanese eras: 2024-04-01") },
	{ "date_lenient", N_("A day; an era may go on behind its last day "
			     "(Heisei 35); needs keep-original") },
	{ "date_serial", N_("A day as a spreadsheet counts it: 45383 is "
			    "2024-04-01") },
	{ "fiscal_year", N_("A year of accounts, April to March, four "
			    "digits") },
	{ "fy_of_date", N_("The year of accounts that a day lies in") },
	{ "time", N_("A time of the day: 09:05") },
	{ "time_ext", N_("A time up to hour 29 of the next day") },
	{ "datetime", N_("A day and a time in Japan, kept as UTC") },
	{ "datetime_jst", N_("A day and a time as text in Japan time") },
	{ "yesno", N_("Yes or no as 1 or 0") },
	{ "sex", N_("Sex as a code: 1 male, 2 female, 9 other, 0 unknown; not "
		    "unless the business needs it") },
	{ "pref", N_("A prefecture's code of two digits") },
	{ "lgcode", N_("A municipality's code of six digits, its check digit "
		       "checked") },
	{ "houjin", N_("A corporate number of 13 digits, its check digit "
		       "checked") },
	{ "forbidden", N_("Must not cross: any value breaks the rule") },
	{ "cp932", N_("Holds what a Shift_JIS system could not keep, naming "
		      "the characters") },
	{ "cp932_fold", N_("The same; marks that differ only in their code, "
			   "such as the wave dash, are changed; needs "
			   "keep-original") },
	{ "jisx0208", N_("Holds what a system with JIS levels 1 and 2 could "
			 "not keep") },
	{ "jisx0213", N_("Holds what a system with JIS levels 1 to 4 could "
			 "not keep") },
	{ NULL, NULL },
};

const char *
seki_rules_help(enum seki_rules_col col)
{
	return columns[col] == NULL ? NULL : _(columns[col]);
}

const char *
seki_norm_help(const struct seki_norm_kind *kind)
{
	size_t i;

	for (i = 0; kinds[i].kind != NULL; i++)
		if (strcmp(kinds[i].kind, kind->name) == 0)
			return _(kinds[i].line);
	return NULL;
}
