#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "cmd_int.h"

const char *cmd_name = "seki";

/* Every key of seki.conf(5); a job's one file serves all its tools. */
static const char *const known[] = { "lang", "source.base-url", "source.app",
	"source.guest-space", "source.token-file", "source.user",
	"source.password-file", "source.basic-user",
	"source.basic-password-file", "source.pfx", "source.pfx-password-file",
	"source.ca", "source.proxy", "source.proxy-password-file",
	"source.budget", "source.stream", "source.query", "source.fields",
	"rules.file", "rules.unattended", "scan.forbid", "bundle.key",
	"bundle.state", "bundle.audience", "bundle.carrier", "bundle.title",
	"bundle.purpose", "bundle.class", "bundle.period", "bundle.contact",
	"bundle.expires", "bundle.profile", "bundle.max-size", "trust.dir",
	"store.path", "worker.sandbox", "export.stream", "export.format",
	"export.fields", "export.name", "export.mode", NULL };

enum {
	O_JSON = 1000,
	O_LANG,
	O_CONFIG,
	O_QUIET,
	O_VERBOSE,
	O_HELP,
	O_VERSION,
	O_OWN = 2000
};

static const struct {
	const char *name;
	int letter, val;
	const char *arg, *help;
} common[] = {
	{ "json", 0, O_JSON, NULL, N_("print results as JSON") },
	{ "lang", 0, O_LANG, "ja|en", N_("language of messages") },
	{ "config", 'c', O_CONFIG, "FILE",
	    N_("take options from seki.conf(5)") },
	{ "quiet", 'q', O_QUIET, NULL, N_("no notes, no progress") },
	{ "verbose", 'v', O_VERBOSE, NULL, N_("say more") },
	{ "help", 'h', O_HELP, NULL, N_("show this help") },
	{ "version", 'V', O_VERSION, NULL, N_("show the version") },
};
#define NCOMMON (sizeof(common) / sizeof(common[0]))
#define OPTS_MAX 64

static const char *config, *lang;

static void
line(FILE *fp, int letter, const char *name, const char *arg, const char *help)
{
	int n;

	if (letter != 0)
		n = fprintf(fp, "  -%c, --%s", letter, name);
	else
		n = fprintf(fp, "      --%s", name);
	if (arg != NULL)
		n += fprintf(fp, " %s", arg);
	(void)fprintf(fp, "%*s%s\n", n < 28 ? 28 - n : 2, "", _(help));
}

static void
synopsis(FILE *fp, const struct cmd_tool *t)
{
	const struct cmd_opt *o;

	(void)fprintf(fp, _("usage: %s"), t->name);
	for (o = t->opt; o != NULL && o->name != NULL; o++)
		if (o->required)
			(void)fprintf(fp, " --%s %s", o->name, o->arg);
	(void)fprintf(fp, _(" [options]%s%s\n"),
	    t->synopsis[0] != '\0' ? " " : "", t->synopsis);
}

static void
help(const struct cmd_tool *t)
{
	const struct cmd_opt *o;
	size_t i;

	synopsis(stdout, t);
	(void)printf("\n%s\n\n", _(t->summary));
	for (o = t->opt; o != NULL && o->name != NULL; o++)
		line(stdout, o->letter, o->name, o->arg, o->help);
	for (i = 0; i < NCOMMON; i++)
		line(stdout, common[i].letter, common[i].name, common[i].arg,
		    common[i].help);
	(void)printf(_("\nThe manual: man %s\n"), t->name);
}

static _Noreturn void
mistake(const struct cmd_tool *t, struct seki_err *err)
{
	seki_err_hint(err, "%s --help", t->name);
	(void)cmd_fail(NULL, err);
	(void)fflush(stdout);
	exit(seki_err_status(err->reason));
}

static _Noreturn void
usage(const struct cmd_tool *t, const char *fmt, const char *what,
    const char *near)
{
	struct seki_err err = SEKI_ERR_INIT;
	char text[512];

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	(void)snprintf(text, sizeof(text), fmt, what, near);
#pragma GCC diagnostic pop
	(void)seki_fail(&err, SEKI_USAGE, "%s", text);
	mistake(t, &err);
}

static void
number(const struct cmd_tool *t, const struct cmd_opt *o, const char *text)
{
	char bounds[96];
	char *end;

	errno = 0;
	*(uint64_t *)o->to = strtoull(text, &end, 10);
	if (errno == 0 && text[0] >= '0' && text[0] <= '9' && *end == '\0' &&
	    *(uint64_t *)o->to >= o->min && *(uint64_t *)o->to <= o->max)
		return;
	(void)snprintf(bounds, sizeof(bounds), "%llu..%llu",
	    (unsigned long long)o->min, (unsigned long long)o->max);
	usage(t, _("--%s takes a whole number in %s"), o->name, bounds);
}

static void
put(const struct cmd_tool *t, const struct cmd_opt *o, const char *text)
{
	struct cmd_list *list;
	const char **v;

	switch (o->kind) {
	case CMD_FLAG:
		if (text != NULL && strcmp(text, "yes") != 0 &&
		    strcmp(text, "no") != 0)
			usage(t, _("%s takes yes or no%s"), o->name, "");
		*(int *)o->to = text == NULL || text[0] == 'y';
		break;
	case CMD_RISK:
		if (text != NULL && strcmp(text, "on") != 0 &&
		    strcmp(text, "off-accepted") != 0)
			usage(t, _("%s takes on or off-accepted%s"), o->conf,
			    "");
		*(int *)o->to = text == NULL || strcmp(text, "on") != 0;
		break;
	case CMD_STRING:
		*(const char **)o->to = text;
		break;
	case CMD_UINT:
		number(t, o, text);
		break;
	case CMD_LIST:
	default:
		list = o->to;
		v = reallocarray(list->v, list->n + 1, sizeof(*v));
		if (v == NULL)
			usage(t, "%s%s", _("out of memory"), "");
		list->v = v;
		list->v[list->n++] = text;
		break;
	}
}

/* "--wrod": the nearest of what this tool knows. */
static _Noreturn void
unknown(const struct cmd_tool *t, const char *word)
{
	const char *names[OPTS_MAX + NCOMMON + 1];
	const struct cmd_opt *o;
	const char *near;
	size_t i, n = 0;

	for (o = t->opt; o != NULL && o->name != NULL && n < OPTS_MAX; o++)
		names[n++] = o->name;
	for (i = 0; i < NCOMMON; i++)
		names[n++] = common[i].name;
	names[n] = NULL;
	near = strncmp(word, "--", 2) == 0 ? seki_text_nearest(word + 2, names)
					   : NULL;
	if (near != NULL)
		usage(
		    t, _("unknown option %s; did you mean --%s?"), word, near);
	usage(t, _("unknown option %s%s"), word, "");
}

static void
settle(const struct cmd_tool *t, int val, const char *arg)
{
	switch (val) {
	case O_JSON:
		cmd.json = 1;
		break;
	case O_LANG:
		if (strcmp(arg, "ja") != 0 && strcmp(arg, "en") != 0)
			usage(t, _("--lang takes ja or en%s%s"), "", "");
		lang = arg;
		cmd_language(lang);
		break;
	case O_CONFIG:
		config = arg;
		break;
	case O_QUIET:
		cmd.quiet = 1;
		break;
	case O_VERBOSE:
		cmd.verbose = 1;
		break;
	case O_HELP:
		help(t);
		exit(fflush(stdout) == 0 ? 0 : 74);
	case O_VERSION:
		(void)printf("%s " SEKI_VERSION "\n", t->name);
		exit(fflush(stdout) == 0 ? 0 : 74);
	default:
		break;
	}
}

/* getopt's own tables, made from ours. */
static void
tables(const struct cmd_tool *t, struct option *lo, char *so)
{
	const struct cmd_opt *o;
	size_t i, n = 0;
	int arg;

	*so++ = ':';
	for (i = 0; i < NCOMMON; i++) {
		lo[n++] = (struct option){ common[i].name,
			common[i].arg != NULL, NULL, common[i].val };
		if (common[i].letter != 0)
			*so++ = (char)common[i].letter;
		if (common[i].letter != 0 && common[i].arg != NULL)
			*so++ = ':';
	}
	for (o = t->opt; o != NULL && o->name != NULL; o++) {
		arg = o->kind != CMD_FLAG && o->kind != CMD_RISK;
		lo[n++] = (struct option){ o->name, arg, NULL,
			O_OWN + (int)(o - t->opt) };
		if (o->letter != 0)
			*so++ = (char)o->letter;
		if (o->letter != 0 && arg)
			*so++ = ':';
	}
	lo[n] = (struct option){ NULL, 0, NULL, 0 };
	*so = '\0';
}

static int
by_letter(const struct cmd_tool *t, int c)
{
	const struct cmd_opt *o;
	size_t i;

	for (i = 0; i < NCOMMON; i++)
		if (common[i].letter == c)
			return common[i].val;
	for (o = t->opt; o != NULL && o->name != NULL; o++)
		if (o->letter == c)
			return O_OWN + (int)(o - t->opt);
	return c;
}

static void
flags(int argc, char **argv, const struct cmd_tool *t, unsigned char *given)
{
	struct option lo[OPTS_MAX + NCOMMON + 1];
	char so[2 * (OPTS_MAX + NCOMMON) + 2];
	int c;

	/* A mistake before --json is still to be told as JSON. */
	for (c = 1; c < argc && strcmp(argv[c], "--") != 0; c++)
		if (strcmp(argv[c], "--json") == 0)
			cmd.json = 1;
	tables(t, lo, so);
	opterr = 0;
	while ((c = getopt_long(argc, argv, so, lo, NULL)) != -1) {
		if (c == '?')
			unknown(t, argv[optind - 1]);
		if (c == ':')
			usage(t, _("%s needs an argument%s"), argv[optind - 1],
			    "");
		if (c < O_JSON)
			c = by_letter(t, c);
		if (c < O_OWN) {
			settle(t, c, optarg);
			continue;
		}
		put(t, &t->opt[c - O_OWN], optarg);
		given[c - O_OWN] = 1;
	}
}

/* Flags beat environment beats file (DESIGN 8). */
static void
others(const struct cmd_tool *t, const struct seki_conf *conf,
    const unsigned char *given)
{
	const struct cmd_opt *o;
	const char *s;

	for (o = t->opt; o != NULL && o->name != NULL; o++) {
		if (given[o - t->opt])
			continue;
		s = o->env != NULL ? getenv(o->env) : NULL;
		if ((s == NULL || *s == '\0') && conf != NULL &&
		    o->conf != NULL)
			s = seki_conf_get(conf, o->conf);
		if (s != NULL && *s != '\0')
			put(t, o, s);
		else if (o->required)
			usage(t, _("--%s %s is needed"), o->name, o->arg);
	}
}

int
cmd_init(int argc, char **argv, const struct cmd_tool *t, char ***operands)
{
	unsigned char given[OPTS_MAX] = { 0 };
	struct seki_err err = SEKI_ERR_INIT;
	static struct seki_conf *conf; /* its values live on */
	const char *l;

	cmd_name = t->name;
	cmd_descriptors();
	cmd_signals();
	cmd_no_core();
	cmd_language(NULL);
	flags(argc, argv, t, given);
	if (config != NULL) {
		if ((conf = seki_conf_open(config, known, &err)) == NULL)
			mistake(t, &err);
		l = seki_conf_get(conf, "lang");
		if (lang == NULL && l != NULL)
			settle(t, O_LANG, l);
	}
	others(t, conf, given);
	argc -= optind;
	if (argc < t->operands_min ||
	    (t->operands_max >= 0 && argc > t->operands_max)) {
		if (argc < t->operands_min)
			usage(t, _("missing operand: %s%s"), t->synopsis, "");
		usage(t, _("an operand too many: %s%s"),
		    argv[optind + t->operands_max], "");
	}
	*operands = argv + optind;
	return argc;
}
