#include <stdlib.h>
#include <string.h>

#include "cmd.h"

/* Lists made of options; they last as long as the process, from here. */
#define KEPT 16
static void *kept[KEPT];

static void
keep(void *p)
{
	size_t i = 0;

	while (i < KEPT - 1 && kept[i] != NULL)
		i++;
	kept[i] = p;
}

int
cmd_words(const char *text, const char *const **list, struct seki_err *err)
{
	char *rest, *word;
	const char **w;
	size_t n = 0;

	*list = NULL;
	if (text == NULL)
		return 0;
	rest = strdup(text);
	w = calloc(strlen(text) + 2, sizeof(*w));
	if (rest == NULL || w == NULL) {
		free(rest);
		free(w);
		return seki_err_nomem(err);
	}
	*list = w;
	keep(w);
	keep(rest);
	while ((word = strsep(&rest, ",")) != NULL)
		if (*word != '\0')
			w[n++] = word;
	return n > 0 ? 0
		     : seki_fail(
			   err, SEKI_USAGE, "%s", _("--fields names no field"));
}

int
cmd_list(
    const struct cmd_list *from, const char *const **list, struct seki_err *err)
{
	const char **w = calloc(from->n + 1, sizeof(*w));

	*list = w;
	if (w == NULL)
		return seki_err_nomem(err);
	keep(w);
	if (from->n > 0)
		memcpy(w, from->v, from->n * sizeof(*w));
	return 0;
}

int
cmd_called(const struct cmd_tool *t, int argc, char **argv, struct seki_buf *b,
    struct seki_err *err)
{
	int i;

	if (seki_buf_str(b, t->name, err) == -1)
		return -1;
	for (i = 1; i < argc; i++)
		if (seki_buf_byte(b, ' ', err) == -1 ||
		    seki_shell_word(b, argv[i], err) == -1)
			return -1;
	return 0;
}
