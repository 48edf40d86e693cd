/* What all tools share: options, language, messages, --json, the end. */
#ifndef CMD_H
#define CMD_H

#include <libintl.h>

#include "seki.h"

#define _(s) gettext(s)
#define N_(s) s

enum cmd_kind {
	CMD_FLAG,   /* int: set to 1 */
	CMD_RISK,   /* likewise; in the configuration "off-accepted", or "on" */
	CMD_STRING, /* const char *: last one wins */
	CMD_UINT,   /* uint64_t, with bounds */
	CMD_LIST    /* struct cmd_list: may be given again */
};
struct cmd_list {
	const char **v;
	size_t n;
};
/*
 * One option.  conf is the key of seki.conf(5) that also sets it, env the
 * environment variable; flags beat environment beats file.  arg is the
 * argument's name in the usage, NULL for a flag.  help is marked with N_().
 */
struct cmd_opt {
	const char *name; /* long name without dashes; ended by NULL */
	int letter;	  /* or 0 */
	enum cmd_kind kind;
	void *to;
	const char *arg;
	const char *conf;
	const char *env;
	int required;
	uint64_t min, max; /* CMD_UINT */
	const char *help;
};

struct cmd_tool {
	const char *name;     /* "seki-pull" */
	const char *synopsis; /* operands: "[bundle ...]" or "" */
	const char *summary;  /* N_("what it does in one line") */
	const struct cmd_opt *opt;
	int operands_min, operands_max; /* -1: any number */
};

/* Filled in by cmd_init; read by all. */
extern struct cmd_now {
	int json, quiet, verbose;
	int status;	  /* the worst so far */
	const char *lang; /* "ja" or "en" */
} cmd;

/*
 * Language first, then options of the tool and those every tool has (--json,
 * --lang, --config, --quiet, --verbose, --help, --version).  A mistake ends
 * the process with 64 or 78.  Returns how many operands there are; they stand
 * in *operands.  Core files are off and the process is not dumpable.
 */
int cmd_init(int argc, char **argv, const struct cmd_tool *, char ***operands);

/*
 * Report a failure on stderr, "TOOL: OBJECT: REASON: TEXT" and the next step
 * below it, escaped for a terminal; with --json as an object on stdout.
 * Returns its status and keeps the worst for cmd_finish.
 */
int cmd_fail(const char *object, const struct seki_err *);
/* A note or warning for people on stderr; nothing with --quiet. */
void cmd_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Notes about what in the trust folder ends within 30 days (threats C11). */
void cmd_warn_trust(const struct seki_trust *);
/* A result line on stdout; nothing with --json. */
void cmd_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/*
 * The result as one JSON object on stdout, only with --json: status, reason,
 * object, message come first, then the members given as name, text pairs
 * ended by NULL; a name that begins with # has a number, true/false or a JSON
 * array as its text.  Tools whose stdout is a stream print it on stderr instead
 * (cmd_json_stderr).
 */
void cmd_json(enum seki_reason, const char *object, const char *message, ...)
    __attribute__((sentinel));
/* One more member of the next result, also of a failure's. */
void cmd_json_with(const char *name, const char *text);
void cmd_json_stderr(void);
/* fn for each operand; one bad object does not stop the others. */
void cmd_each(
    int n, char **operand, int (*fn)(const char *, void *), void *ctx);
/* The one input of a filter: the file that the only operand names, or stdin,
 * also for "-". */
struct seki_in *cmd_input(int n, char **operand, struct seki_err *);
/* The output of a filter: a new private file, or stdout for NULL. */
struct seki_out *cmd_output(const char *path, struct seki_err *);
/* "a,b" of --fields as a list that NULL ends; NULL for NULL. */
int cmd_words(const char *, const char *const **list, struct seki_err *);
/* What was given again and again, likewise. */
int cmd_list(
    const struct cmd_list *, const char *const **list, struct seki_err *);
/* The key that opens encrypted bundles, put into check, for the caller to free;
 * path may be NULL. */
struct seki_key *cmd_decrypt(const char *path, struct seki_check *check);
/* How the tool was called, to be pasted and added to: appended. */
int cmd_called(const struct cmd_tool *, int argc, char **argv,
    struct seki_buf *, struct seki_err *);
/* --no-sandbox was given, or not: said each time, and nothing else tells the
 * library. */
void cmd_sandbox(int off);
/* "seki doctor": what this host's kernel offers.  The exit status. */
int cmd_doctor_host(int argc, char **argv);
/* Flush and close stdout: a full disk is a failure.  The exit status. */
int cmd_finish(void);
/* Progress on stderr when it is a terminal and not --quiet; what: N_("...").
 * total 0: unknown.  Rate-limited; cmd_progress_end clears the line. */
void cmd_progress(const char *what, uint64_t done, uint64_t total);
void cmd_progress_end(void);

#endif
