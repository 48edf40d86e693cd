#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "pack.h"

static struct pack_options o = {
	.carrier = "media", .expires = 10, .max_held = UINT64_MAX
};

static const struct cmd_opt opts[] = {
	{ "trust", 0, CMD_STRING, &o.trust, "DIR", "trust.dir", NULL, 0, 0, 0,
	    N_("folder with the trust file") },
	{ "key", 0, CMD_STRING, &o.key, "FILE", "bundle.key", NULL, 0, 0, 0,
	    N_("key that signs, mode 0600") },
	{ "state", 0, CMD_STRING, &o.state, "DIR", "bundle.state", NULL, 0, 0,
	    0, N_("the sender's private folder") },
	{ "audience", 0, CMD_STRING, &o.audience, "ID", "bundle.audience", NULL,
	    0, 0, 0, N_("the host that may import it") },
	{ "carrier", 0, CMD_STRING, &o.carrier, "media|relay", "bundle.carrier",
	    NULL, 0, 0, 0,
	    N_("how it travels: on a medium, or through what "
	       "rewrites files") },
	{ "output", 'o', CMD_STRING, &o.output, "FILE", NULL, NULL, 0, 0, 0,
	    N_("the bundle; never over an existing file") },
	{ "signature-text", 0, CMD_FLAG, &o.text, NULL, NULL, NULL, 0, 0, 0,
	    N_("--carrier relay: the signature as a text file, too") },
	{ "attachments", 0, CMD_STRING, &o.attachments, "DIR", NULL, NULL, 0, 0,
	    0, N_("pack the attachments too, from the folder of seki-pull") },
	{ "recipient", 0, CMD_LIST, &o.recipients, "KEYID", NULL, NULL, 0, 0, 0,
	    N_("encrypt to this key of the trust file, too") },
	{ "title", 0, CMD_STRING, &o.title, "TEXT", "bundle.title", NULL, 0, 0,
	    0, N_("what it is, for the cover") },
	{ "purpose", 0, CMD_STRING, &o.purpose, "TEXT", "bundle.purpose", NULL,
	    0, 0, 0, N_("what it is for") },
	{ "class", 0, CMD_STRING, &o.class, "TEXT", "bundle.class", NULL, 0, 0,
	    0, N_("classification of the information") },
	{ "period", 0, CMD_STRING, &o.period, "TEXT", "bundle.period", NULL, 0,
	    0, 0, N_("the time the records are about") },
	{ "contact", 0, CMD_STRING, &o.contact, "TEXT", "bundle.contact", NULL,
	    0, 0, 0, N_("whom to ask about it, for the cover") },
	{ "expires", 0, CMD_UINT, &o.expires, "DAYS", "bundle.expires", NULL, 0,
	    1, 366, N_("days from Monday to Friday it is good for (10)") },
	{ "created", 0, CMD_STRING, &o.created, "INSTANT", NULL, NULL, 0, 0, 0,
	    N_("when it is made: YYYY-MM-DDThh:mm:ssZ (now)") },
	{ "raw", 0, CMD_FLAG, &o.raw, NULL, NULL, NULL, 0, 0, 0,
	    N_("without a rules table, though the bundle before had one") },
	{ "test", 0, CMD_FLAG, &o.test, NULL, NULL, NULL, 0, 0, 0,
	    N_("mark it as a test") },
	{ "max-held", 0, CMD_UINT, &o.max_held, "N", NULL, NULL, 0, 0,
	    UINT64_MAX - 1, N_("refuse a stream with more held records") },
	{ "forbid", 0, CMD_STRING, &o.forbid, "FIELD,...", "scan.forbid", NULL,
	    0, 0, 0, N_("fields that must be empty") },
	{ "scan-override", 0, CMD_STRING, &o.override, "REASON", NULL, NULL, 0,
	    0, 0, N_("pack although something must not cross, with --by") },
	{ "by", 0, CMD_STRING, &o.by, "ID", NULL, NULL, 0, 0, 0,
	    N_("--scan-override: the person who decided so") },
	{ "bookmarks", 0, CMD_STRING, &o.bookmarks, "FILE", NULL, NULL, 0, 0, 0,
	    N_("also store the stream's final state here") },
	{ "stream", 0, CMD_STRING, &o.stream, "NAME", NULL, NULL, 0, 0, 0,
	    N_("the stream of --resend, --withdraw, --list") },
	{ "resend", 0, CMD_UINT, &o.resend, "N", NULL, NULL, 0, 1, INT64_MAX,
	    N_("hand out bundle N again, the same bytes") },
	{ "profile", 0, CMD_STRING, &o.profile, "FILE", "bundle.profile", NULL,
	    0, 0, 0, N_("what the relay lets through: refuse what it stops") },
	{ "lint", 0, CMD_FLAG, &o.lint, NULL, NULL, NULL, 0, 0, 0,
	    N_("hold the finished bundles FILE ... against --profile") },
	{ "max-size", 0, CMD_STRING, &o.max_size, "SIZE", "bundle.max-size",
	    NULL, 0, 0, 0,
	    N_("no file larger: else parts, NAME-1of3.zip ... (20M, 700K)") },
	{ "reissue", 0, CMD_UINT, &o.reissue, "N", NULL, NULL, 0, 1, INT64_MAX,
	    N_("make bundle N once more, for --carrier") },
	{ "approval-page", 0, CMD_STRING, &o.page, "PAGE.xlsx", NULL, NULL, 0,
	    0, 0, N_("make no bundle but the page that is to be approved") },
	{ "approved", 0, CMD_STRING, &o.approved, "NUMBER:NAME:CODE", NULL,
	    NULL, 0, 0, 0,
	    N_("the page was approved: its number, by whom, its check code") },
	{ "repair", 0, CMD_STRING, &o.repair, "FILE", NULL, NULL, 0, 0, 0,
	    N_("--carrier relay: spell out what seki-verify --damage "
	       "listed") },
	{ "withdraw", 0, CMD_UINT, &o.withdraw, "N", NULL, NULL, 0, 1,
	    INT64_MAX, N_("give the number of the last bundle back") },
	{ "list", 0, CMD_FLAG, &o.list, NULL, NULL, NULL, 0, 0, 0,
	    N_("show what the outbox holds") },
	{ .name = NULL },
};

static const struct cmd_tool tool = { "seki-pack", "[FILE ...]",
	N_("Pack a record stream into one signed bundle."), opts, 0, -1 };

static int
need(const char *value, const char *option, struct seki_err *err)
{
	if (value != NULL)
		return 0;
	seki_err_hint(err, "seki-pack --help");
	return seki_fail(err, SEKI_USAGE, _("--%s is missing"), option);
}

/* The page says what a bundle will, and is none. */
static int
usage_page(struct seki_err *err)
{
	const size_t n = o.page == NULL ? 0 : strlen(o.page);

	if (o.page == NULL && o.approved == NULL)
		return 0;
	if (o.list || o.lint || o.resend + o.reissue + o.withdraw > 0 ||
	    (o.page != NULL && o.approved != NULL))
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--approval-page and --approved are about a stream that "
		      "is packed, and exclude each other"));
	if (o.page == NULL)
		return 0;
	if (o.output != NULL || o.bookmarks != NULL)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--approval-page makes no bundle: leave --output and "
		      "--bookmarks out"));
	if (n > 5 && strcasecmp(o.page + n - 5, ".xlsx") == 0)
		return 0;
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("--approval-page: the page is a workbook, NAME.xlsx"));
}

static int
usage_text(struct seki_err *err)
{
	if (!o.text || (!o.list && !o.lint && o.page == NULL &&
			   o.resend + o.withdraw == 0))
		return 0;
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("--signature-text goes with a bundle that is made, anew or with "
	      "--reissue N"));
}

/* They are stored last, and would replace what was handed out. */
static int
usage_bookmarks(struct seki_err *err)
{
	if (!pack_marks_taken(&o))
		return 0;
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("--bookmarks: this is the name of what is handed out"));
}

/* Exactly one of the things this tool does, with what it needs. */
static int
usage(struct seki_err *err)
{
	if ((o.resend > 0) + (o.reissue > 0) + (o.withdraw > 0) + o.list +
		o.lint >
	    1)
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--resend, --reissue, --withdraw, --list and --lint "
		      "exclude each other"));
	if (o.repair != NULL && o.reissue == 0)
		return seki_fail(
		    err, SEKI_USAGE, "%s", _("--repair goes with --reissue N"));
	if ((o.by == NULL) != (o.override == NULL))
		return seki_fail(err, SEKI_USAGE, "%s",
		    _("--scan-override REASON and --by ID come together"));
	if (usage_text(err) == -1 || usage_bookmarks(err) == -1 ||
	    usage_page(err) == -1)
		return -1;
	if (o.list || o.lint)
		return 0;
	if (o.withdraw > 0)
		return need(o.stream, "stream", err);
	if (o.page == NULL && need(o.output, "output", err) == -1)
		return -1;
	if (o.resend > 0)
		return need(o.stream, "stream", err);
	if (need(o.trust, "trust", err) == -1 || need(o.key, "key", err) == -1)
		return -1;
	if (o.reissue > 0)
		return need(o.stream, "stream", err);
	return need(o.audience, "audience", err);
}

static int
from_input(
    struct seki_sender *sender, int n, char **operand, struct seki_err *err)
{
	struct seki_in *in = cmd_input(n, operand, err);

	if (in == NULL)
		return -1;
	return o.page != NULL ? pack_page(&o, sender, in, err)
			      : pack_stream(&o, sender, in, err);
}

/* Only a pack makes the folder: what asks about bundles would find none in a
 * new one, and say nothing of the slip. */
static int
there(struct seki_err *err)
{
	char *path;
	int r;

	if (!o.list && o.withdraw == 0 && o.resend == 0 && o.reissue == 0)
		return 0;
	if (asprintf(&path, "%s/state.db", o.state) == -1)
		return seki_err_nomem(err);
	r = access(path, F_OK) == -1 && (errno == ENOENT || errno == ENOTDIR);
	free(path);
	if (!r)
		return 0;
	seki_err_object(err, o.state);
	seki_err_hint(err, "%s",
	    _("Name the folder that bundles were packed in: --state DIR, or "
	      "bundle.state in seki.conf."));
	return seki_fail(
	    err, SEKI_FILE, "%s", _("nothing was ever packed in this folder"));
}

static int
run(int n, char **operand, struct seki_err *err)
{
	struct seki_sender *sender;
	char host[256] = "";
	int r;

	if (usage(err) == -1)
		return -1;
	if (o.lint)
		return need(o.profile, "profile", err) == -1
			   ? -1
			   : pack_lint(&o, n, operand, err);
	if (n > 1)
		return seki_fail(
		    err, SEKI_USAGE, "%s", _("one stream at a time"));
	if (need(o.state, "state", err) == -1 || there(err) == -1)
		return -1;
	(void)gethostname(host, sizeof(host) - 1);
	if ((sender = seki_sender_open(o.state, host, err)) == NULL)
		return -1;
	if (o.list)
		r = seki_sender_list(sender, o.stream, pack_show, NULL, err);
	else if (o.withdraw > 0)
		r = pack_withdraw(&o, sender, err);
	else if (o.resend > 0)
		r = pack_resend(&o, sender, err);
	else if (o.reissue > 0)
		r = pack_reissue(&o, sender, err);
	else
		r = from_input(sender, n, operand, err);
	seki_sender_free(sender);
	return r;
}

int
main(int argc, char **argv)
{
	struct seki_err err = SEKI_ERR_INIT;
	char **operand;
	int n;

	n = cmd_init(argc, argv, &tool, &operand);
	if (!o.list && !o.lint)
		cmd_json_stderr();
	if (run(n, operand, &err) == -1)
		(void)cmd_fail(o.page != NULL ? o.page : o.output, &err);
	return cmd_finish();
}
