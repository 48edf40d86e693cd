#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "cmd.h"
#include "cmd_int.h"

struct cmd_now cmd = { .lang = "ja" };
static int json_on_stderr;

/*
 * The first of these that names a language decides; C and POSIX name none,
 * and without any the staff's own is taken, because cron has no locale.
 */
static const char *
from_environment(void)
{
	static const char *const names[] = { "LANGUAGE", "LC_ALL",
		"LC_MESSAGES", "LANG" };
	const char *s;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		s = getenv(names[i]);
		if (s == NULL || *s == '\0' || strcmp(s, "POSIX") == 0 ||
		    strcmp(s, "C") == 0 || strncmp(s, "C.", 2) == 0)
			continue;
		return strncmp(s, "ja", 2) == 0 ? "ja" : "en";
	}
	return "ja";
}

/* The catalogue lies beside the programs: ../share/locale, both in a build
 * folder and where it was installed. */
static void
catalogue(void)
{
	char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 32);
	char *slash;

	if (n <= 0)
		return;
	path[n] = '\0';
	if ((slash = strrchr(path, '/')) == NULL)
		return;
	(void)strcpy(slash, "/../share/locale");
	(void)bindtextdomain("seki", path);
	(void)bind_textdomain_codeset("seki", "UTF-8");
	(void)textdomain("seki");
}

/* C.UTF-8 is the one locale every Debian has; LANGUAGE then chooses the
 * catalogue.  Children of ours speak the same language. */
void
cmd_language(const char *lang)
{
	cmd.lang = lang != NULL ? lang : from_environment();
	(void)setlocale(LC_ALL, "C.UTF-8");
	(void)setenv("LANGUAGE", cmd.lang, 1);
	catalogue();
}

/* No memory of ours in a core file, and none for a debugger of another's. */
void
cmd_no_core(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(SEKI_SANITIZED)
	struct rlimit none = { 0, 0 };

	(void)setrlimit(RLIMIT_CORE, &none);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}

/*
 * A job may start us without some of these.  A file or socket of ours would
 * take the number, and messages would end up in it.  Opened the wrong way
 * round, so that reading or writing a result that goes nowhere still fails.
 */
void
cmd_descriptors(void)
{
	int fd;

	while ((fd = open("/dev/null", O_RDWR)) != -1 && fd < 2)
		if (fd == 0 || fd == 1) {
			(void)close(fd);
			if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) ==
			    -1)
				return;
		}
	if (fd > 2)
		(void)close(fd);
}

/* A limit on the size of files (ulimit -f) is then told by write(), as a full
 * disk is, and the message names the file.  How a child ended can be asked,
 * whatever who started us thinks of its own. */
void
cmd_signals(void)
{
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)signal(SIGCHLD, SIG_DFL);
	seki_tmp_signals();
}

static void
print_safe(FILE *fp, const char *s)
{
	struct seki_buf b = SEKI_BUF_INIT;
	struct seki_err err = SEKI_ERR_INIT;

	if (seki_text_show(&b, s, strlen(s), &err) == 0 && b.p != NULL)
		(void)fputs(b.p, fp);
	seki_buf_free(&b);
}

static void
part(const char *label, const char *s)
{
	if (s[0] == '\0')
		return;
	if (label != NULL)
		(void)fprintf(stderr, "%s ", label);
	print_safe(stderr, s);
	(void)fputs(": ", stderr);
}

static void
tell(const char *object, const struct seki_err *err)
{
	cmd_progress_end();
	(void)fprintf(stderr, "%s: ", cmd_name);
	part(NULL, object);
	(void)fprintf(stderr, "%s: ", seki_err_word(err->reason));
	if (err->line != 0)
		(void)fprintf(stderr, "%s %llu: ", _("line"), err->line);
	part(_("record"), err->record);
	part(_("field"), err->field);
	print_safe(stderr, err->text);
	(void)fputc('\n', stderr);
	if (err->hint[0] == '\0')
		return;
	(void)fprintf(stderr, "    %s ", _("next:"));
	print_safe(stderr, err->hint);
	(void)fputc('\n', stderr);
}

void
cmd_json_stderr(void)
{
	json_on_stderr = 1;
}

static void
set(json_t *o, const char *name, const char *text)
{
	if (name[0] != '#')
		(void)json_object_set_new(o, name, json_string(text));
	else if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
		(void)json_object_set_new(
		    o, name + 1, json_boolean(text[0] == 't'));
	else if (text[0] == '[')
		(void)json_object_set_new(
		    o, name + 1, json_loads(text, 0, NULL));
	else
		(void)json_object_set_new(
		    o, name + 1, json_integer(strtoll(text, NULL, 10)));
}

/* Of the next result, beside its own members. */
static json_t *more;

static json_t *
result(enum seki_reason reason, const char *object, const char *message)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, "tool", json_string(cmd_name));
	(void)json_object_set_new(
	    o, "status", json_integer(seki_err_status(reason)));
	(void)json_object_set_new(
	    o, "reason", json_string(seki_err_word(reason)));
	set(o, "object", object == NULL ? "" : object);
	set(o, "message", message);
	return o;
}

static void
print_json(json_t *o)
{
	FILE *fp = json_on_stderr ? stderr : stdout;
	char *s;

	if (more != NULL)
		(void)json_object_update_missing(o, more);
	json_decref(more);
	more = NULL;
	s = json_dumps(o, JSON_COMPACT);

	if (s != NULL)
		(void)fprintf(fp, "%s\n", s);
	free(s);
	json_decref(o);
}

int
cmd_fail(const char *object, const struct seki_err *why)
{
	int status = seki_err_status(why->reason);
	struct seki_err own = *why, *err = &own;
	const char *name = err->object[0] != '\0' ? err->object : object;
	json_t *o;

	seki_err_always(err);
	if (name == NULL)
		name = "";
	cmd.status = seki_err_worse(cmd.status, status);
	if (!cmd.json) {
		tell(name, err);
		return status;
	}
	o = result(err->reason, name, err->text);
	if (err->line != 0)
		(void)json_object_set_new(
		    o, "line", json_integer((json_int_t)err->line));
	if (err->record[0] != '\0')
		set(o, "record", err->record);
	if (err->field[0] != '\0')
		set(o, "field", err->field);
	set(o, "hint", err->hint);
	print_json(o);
	return status;
}

void
cmd_json(enum seki_reason reason, const char *object, const char *message, ...)
{
	const char *name, *text;
	va_list ap;
	json_t *o;

	if (!cmd.json)
		return;
	o = result(reason, object, message);
	va_start(ap, message);
	while ((name = va_arg(ap, const char *)) != NULL) {
		text = va_arg(ap, const char *);
		set(o, name, text == NULL ? "" : text);
	}
	va_end(ap);
	print_json(o);
}

void
cmd_json_with(const char *name, const char *text)
{
	if (!cmd.json)
		return;
	if (more == NULL)
		more = json_object();
	set(more, name, text == NULL ? "" : text);
}

void
cmd_note(const char *fmt, ...)
{
	struct seki_err text;
	va_list ap;

	if (cmd.quiet)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(text.text, sizeof(text.text), fmt, ap);
	va_end(ap);
	cmd_progress_end();
	(void)fprintf(stderr, "%s: ", cmd_name);
	print_safe(stderr, text.text);
	(void)fputc('\n', stderr);
}

void
cmd_say(const char *fmt, ...)
{
	va_list ap;

	if (cmd.json)
		return;
	va_start(ap, fmt);
	(void)vprintf(fmt, ap);
	va_end(ap);
	(void)putchar('\n');
}

void
cmd_each(int n, char **operand, int (*fn)(const char *, void *), void *ctx)
{
	int i;

	for (i = 0; i < n; i++)
		cmd.status = seki_err_worse(cmd.status, fn(operand[i], ctx));
}

struct seki_in *
cmd_input(int n, char **operand, struct seki_err *err)
{
	struct seki_in *in;
	int fd;

	if (n == 0 || strcmp(operand[0], "-") == 0) {
		/* Descriptor 0 stays taken when the input is closed. */
		if ((fd = dup(0)) != -1)
			return seki_in_fd(fd, "stdin", err);
		(void)seki_fail(err, SEKI_IO, "stdin: %s", strerror(errno));
		return NULL;
	}
	if ((in = seki_in_file(operand[0], 0, err)) == NULL)
		seki_err_object(err, operand[0]);
	return in;
}

struct seki_out *
cmd_output(const char *path, struct seki_err *err)
{
	return path != NULL ? seki_out_file(path, 0600, SEKI_OUT_NEW, err)
			    : seki_out_fd(1, "stdout", err);
}

int
cmd_finish(void)
{
	struct seki_err err = SEKI_ERR_INIT;

	cmd_progress_end();
	if (ferror(stdout) || fflush(stdout) == EOF || close(1) == -1) {
		(void)seki_fail(&err, SEKI_FULL, "%s",
		    _("writing the result failed: is the disk full?"));
		json_on_stderr = 1;
		(void)cmd_fail("stdout", &err);
	}
	return cmd.status;
}

static int shown;
static struct timespec last;

void
cmd_progress(const char *what, uint64_t done, uint64_t total)
{
	struct timespec now;
	static struct timespec start;
	double s, gap;

	if (cmd.quiet || !isatty(2))
		return;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	if (start.tv_sec == 0)
		start = now;
	gap = (double)(now.tv_sec - last.tv_sec) +
	      (double)(now.tv_nsec - last.tv_nsec) / 1e9;
	if (shown && gap < 0.2)
		return;
	last = now;
	shown = 1;
	s = (double)(now.tv_sec - start.tv_sec) +
	    (double)(now.tv_nsec - start.tv_nsec) / 1e9 + 0.001;
	(void)fprintf(stderr, "\r\033[K%s: %s %llu", cmd_name, _(what),
	    (unsigned long long)done);
	if (total > 0)
		(void)fprintf(stderr, "/%llu", (unsigned long long)total);
	(void)fprintf(stderr, " (%.0f/s)", (double)done / s);
	if (total > done && done > 0)
		(void)fprintf(stderr, _(" %.0f s left"),
		    s * (double)(total - done) / (double)done);
}

void
cmd_progress_end(void)
{
	if (shown)
		(void)fprintf(stderr, "\r\033[K");
	shown = 0;
}
