#include <signal.h>

#include "cmd.h"

static struct {
	const char *listen, *data, *token_file, *user_file, *basic_file;
	const char *tmpdir;
	struct cmd_list generate, load, app, hide, guest, fault;
	uint64_t seed, delay, concurrent, cursor_life;
	int flaws;
} o = { .seed = 1, .concurrent = 100, .cursor_life = 600 };

static const struct cmd_opt options[] = {
	{ .name = "listen",
	    .kind = CMD_STRING,
	    .to = &o.listen,
	    .arg = "address:port",
	    .required = 1,
	    .help = N_("where to listen; localhost is both families, "
		       "port 0 a free one") },
	{ .name = "token-file",
	    .kind = CMD_STRING,
	    .to = &o.token_file,
	    .arg = "file",
	    .required = 1,
	    .help = N_("tokens, one a line; made when there is none") },
	{ .name = "generate",
	    .kind = CMD_LIST,
	    .to = &o.generate,
	    .arg = "kind:n",
	    .help = N_("an app with made-up records: soudan or kifu") },
	{ .name = "seed",
	    .kind = CMD_UINT,
	    .to = &o.seed,
	    .arg = "number",
	    .min = 0,
	    .max = UINT32_MAX,
	    .help = N_("the same seed gives the same records") },
	{ .name = "flaws",
	    .kind = CMD_FLAG,
	    .to = &o.flaws,
	    .help = N_("a few generated values break rules") },
	{ .name = "load",
	    .kind = CMD_LIST,
	    .to = &o.load,
	    .arg = "dir",
	    .help = N_("an app from a folder of answers of the service") },
	{ .name = "app",
	    .kind = CMD_LIST,
	    .to = &o.app,
	    .arg = "id",
	    .help = N_("id of a loaded app; the first for the first --load") },
	{ .name = "data",
	    .kind = CMD_STRING,
	    .to = &o.data,
	    .arg = "file",
	    .help = N_("keep the data in this SQLite file") },
	{ .name = "hide",
	    .kind = CMD_LIST,
	    .to = &o.hide,
	    .arg = "app:field",
	    .help = N_("answer records without this field") },
	{ .name = "user-file",
	    .kind = CMD_STRING,
	    .to = &o.user_file,
	    .arg = "file",
	    .help = N_("users, LOGIN:PASSWORD[:NAME[:ORGANIZATION]] a line") },
	{ .name = "basic-file",
	    .kind = CMD_STRING,
	    .to = &o.basic_file,
	    .arg = "file",
	    .help = N_("ask for Basic authentication with this "
		       "LOGIN:PASSWORD first") },
	{ .name = "guest",
	    .kind = CMD_LIST,
	    .to = &o.guest,
	    .arg = "app:space",
	    .help = N_("the app is in that guest space") },
	{ .name = "fault",
	    .kind = CMD_LIST,
	    .to = &o.fault,
	    .arg = "api:number:fault",
	    .help = N_("what goes wrong with which answer") },
	{ .name = "concurrent",
	    .kind = CMD_UINT,
	    .to = &o.concurrent,
	    .arg = "number",
	    .min = 1,
	    .max = 1000,
	    .help = N_("requests answered at a time; else 100") },
	{ .name = "cursor-life",
	    .kind = CMD_UINT,
	    .to = &o.cursor_life,
	    .arg = "seconds",
	    .min = 1,
	    .max = 86400,
	    .help = N_("how long an unused cursor lives; else 600") },
	{ .name = "delay",
	    .kind = CMD_UINT,
	    .to = &o.delay,
	    .arg = "milliseconds",
	    .min = 0,
	    .max = 600000,
	    .help = N_("wait that long before each answer") },
	{ .name = "tmpdir",
	    .kind = CMD_STRING,
	    .to = &o.tmpdir,
	    .arg = "dir",
	    .env = "TMPDIR",
	    .help = N_("where temporary data lie; else /var/tmp") },
	{ .name = NULL },
};

static const struct cmd_tool tool = { .name = "seki-cloud",
	.synopsis = "",
	.summary = N_("a local record server for demos and tests"),
	.opt = options };

static int
app_id(size_t i, uint64_t *id, struct seki_err *err)
{
	const char *s = i < o.app.n ? o.app.v[i] : "0";

	*id = 0;
	for (; *s >= '0' && *s <= '9' && *id < UINT32_MAX; s++)
		*id = *id * 10 + (uint64_t)(*s - '0');
	if (*s == '\0')
		return 0;
	seki_err_object(err, o.app.v[i]);
	return seki_fail(err, SEKI_USAGE, _("an app's id is a number"));
}

static int
prepare(struct seki_cloud *c, struct seki_err *err)
{
	uint64_t id;

	for (size_t i = 0; i < o.generate.n; i++)
		if (seki_cloud_generate(
			c, o.generate.v[i], o.seed, o.flaws, err) == -1)
			return -1;
	for (size_t i = 0; i < o.load.n; i++)
		if (app_id(i, &id, err) == -1 ||
		    seki_cloud_load(c, o.load.v[i], id, err) == -1)
			return -1;
	for (size_t i = 0; i < o.hide.n; i++)
		if (seki_cloud_hide(c, o.hide.v[i], err) == -1)
			return -1;
	for (size_t i = 0; i < o.guest.n; i++)
		if (seki_cloud_guest(c, o.guest.v[i], err) == -1)
			return -1;
	for (size_t i = 0; i < o.fault.n; i++)
		if (seki_cloud_spoil(c, o.fault.v[i], err) == -1)
			return -1;
	if ((o.user_file != NULL &&
		seki_cloud_users(c, o.user_file, err) == -1) ||
	    (o.basic_file != NULL &&
		seki_cloud_basic(c, o.basic_file, err) == -1))
		return -1;
	seki_cloud_limits(c, (unsigned)o.concurrent, (unsigned)o.cursor_life);
	seki_cloud_delay(c, (unsigned)o.delay);
	if (seki_cloud_apps(c) > 0)
		return seki_cloud_tokens(c, o.token_file, err);
	seki_err_hint(err, "--generate soudan:2000");
	return seki_fail(err, SEKI_USAGE, _("there is no app to serve"));
}

static void
serve(struct seki_cloud *c, const sigset_t *stop)
{
	struct seki_err err = SEKI_ERR_INIT;
	char url[SEKI_CLOUD_URL];
	int sig;

	if (prepare(c, &err) == -1 ||
	    seki_cloud_listen(c, o.listen, url, &err) == -1) {
		cmd_fail(NULL, &err);
		return;
	}
	/* For scripts that wait for it; with --json too.  Where it cannot be
	 * written, nobody would know where to ask: cmd_finish reports it. */
	if (printf("%s\n", url) < 0 || fflush(stdout) == EOF)
		return;
	(void)sigwait(stop, &sig);
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_cloud *c;
	sigset_t stop;
	char **operand;

	(void)cmd_init(argc, argv, &tool, &operand);
	(void)sigemptyset(&stop);
	(void)sigaddset(&stop, SIGTERM);
	(void)sigaddset(&stop, SIGINT);
	/* Before any thread starts, so that only sigwait takes them. */
	(void)sigprocmask(SIG_BLOCK, &stop, NULL);
	(void)signal(SIGPIPE, SIG_IGN);
	if ((c = seki_cloud_open(o.data, o.tmpdir, &err)) == NULL)
		cmd_fail(NULL, &err);
	else
		serve(c, &stop);
	seki_cloud_free(c);
	return cmd_finish();
}
