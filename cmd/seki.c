#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_int.h"

/* One line for each tool, in the order of the road. */
static const struct {
	const char *verb, *job;
} verbs[] = {
	{ "pull", N_("fetch records from the cloud as a record stream") },
	{ "read", N_("read CSV and Excel files as a record stream") },
	{ "normalize", N_("make records right by a rules table") },
	{ "match", N_("match records with masters and each other") },
	{ "scan", N_("find what must not cross, before it is packed") },
	{ "pack", N_("pack a record stream into one signed bundle") },
	{ "show", N_("show what a stream, bundle or trust folder holds") },
	{ "verify", N_("is a bundle whole, trusted, in order, in date?") },
	{ "import", N_("take a verified bundle into the store") },
	{ "export", N_("give records back: stream or CSV") },
	{ "push", N_("write a record stream into a cloud app") },
	{ "key", N_("keys, the trust file, first contact") },
	{ "cloud", N_("a local record server for demos and tests") },
	{ "doctor", N_("what this host offers for parsing without rights") },
};
#define NVERBS (sizeof(verbs) / sizeof(verbs[0]))

static void
list(void)
{
	size_t i;

	(void)printf(_("usage: seki VERB [options]\n\n"));
	for (i = 0; i < NVERBS; i++)
		(void)printf("  %-10s  %s\n", verbs[i].verb, _(verbs[i].job));
	(void)printf(_("\nseki help VERB shows the options of one, "
		       "man seki the whole picture.\n"));
}

static int
unknown(const char *verb)
{
	struct seki_err err = SEKI_ERR_INIT;
	const char *names[NVERBS + 1];
	const char *near;
	size_t i;

	for (i = 0; i < NVERBS; i++)
		names[i] = verbs[i].verb;
	names[NVERBS] = NULL;
	if ((near = seki_text_nearest(verb, names)) != NULL)
		(void)seki_fail(&err, SEKI_USAGE,
		    _("unknown verb; did you mean %s?"), near);
	else
		(void)seki_fail(&err, SEKI_USAGE, "%s", _("unknown verb"));
	seki_err_hint(&err, "seki help");
	return cmd_fail(verb, &err);
}

/* Beside this program first, so that a build folder runs its own tools. */
static int
run(const char *verb, char **argv)
{
	char self[PATH_MAX], path[PATH_MAX + 64];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;
	size_t i;

	for (i = 0; i < NVERBS && strcmp(verbs[i].verb, verb) != 0;)
		i++;
	if (i == NVERBS)
		return unknown(verb);
	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	(void)snprintf(path, sizeof(path), "%.*s/seki-%s",
	    slash == NULL ? 0 : (int)(slash - self), self, verb);
	argv[0] = path;
	(void)execv(path, argv);
	(void)fprintf(stderr, "seki: %s: %s\n", path, strerror(errno));
	return 70;
}

int
main(int argc, char **argv)
{
	static char help[] = "--help";
	char *ask[] = { NULL, help, NULL };

	cmd_language(NULL);
	if (argc > 2 && strcmp(argv[1], "help") == 0 && argv[2][0] != '-' &&
	    strcmp(argv[2], "doctor") != 0)
		return run(argv[2], ask);
	if (argc > 1 &&
	    (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0)) {
		(void)printf("seki " SEKI_VERSION "\n");
		return cmd_finish();
	}
	if (argc > 1 && strcmp(argv[1], "doctor") == 0)
		return cmd_doctor_host(argc - 1, argv + 1);
	if (argc > 1 && argv[1][0] != '-' && strcmp(argv[1], "help") != 0)
		return run(argv[1], argv + 1);
	list();
	if (argc == 1)
		(void)cmd_finish();
	return argc == 1 ? 64 : cmd_finish();
}
