#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "key.h"

static struct seki_enrol enrol = { .person = "p-0001", .safe = "safe-1" };
static const char *trust_dir, *digits;

static const struct cmd_opt options[] = {
	{ .name = "trust",
	    .kind = CMD_STRING,
	    .to = &trust_dir,
	    .arg = "DIR",
	    .conf = "trust.dir",
	    .required = 1,
	    .help = N_("the trust folder") },
	{ .name = "org",
	    .kind = CMD_STRING,
	    .to = &enrol.org,
	    .arg = "CODE",
	    .help = N_("init: municipality code, 6 digits") },
	{ .name = "host",
	    .kind = CMD_STRING,
	    .to = &enrol.host,
	    .arg = "ID",
	    .help = N_("init: id of this host") },
	{ .name = "person",
	    .kind = CMD_STRING,
	    .to = &enrol.person,
	    .arg = "ID",
	    .help = N_("init: id of the first person (p-0001)") },
	{ .name = "keys",
	    .kind = CMD_STRING,
	    .to = &enrol.keys,
	    .arg = "DIR",
	    .help = N_("init: folder for the key files (the current one)") },
	{ .name = "relay",
	    .kind = CMD_FLAG,
	    .to = &enrol.relay,
	    .help = N_("init: bundles may go through a relay, too") },
	{ .name = "digits",
	    .kind = CMD_STRING,
	    .to = &digits,
	    .arg = "DIGITS",
	    .help = N_("accept: the digits that the other side reads out") },
	{ .name = NULL },
};

static const struct cmd_tool tool = {
	.name = "seki-key",
	.synopsis = "init|show|fingerprint|accept [SOURCE]",
	.summary = N_("Make keys, show the trust file, compare its digits, "
		      "accept it on another host."),
	.opt = options,
	.operands_min = 1,
	.operands_max = 2,
};

static void
init(void)
{
	struct seki_err err = SEKI_ERR_INIT;

	enrol.trust = trust_dir;
	enrol.now = seki_time_now();
	if (enrol.org == NULL || enrol.host == NULL) {
		seki_err_hint(&err,
		    "seki-key init --trust %s --org CODE --host ID", trust_dir);
		(void)seki_fail(
		    &err, SEKI_USAGE, "%s", _("init needs --org and --host"));
	} else if (seki_enrol_init(&enrol, &err) == 0) {
		key_made(&enrol);
		return;
	}
	(void)cmd_fail(trust_dir, &err);
}

/* Any folder may be looked at, a stick too; nothing is believed yet. */
static void
look(void (*at)(const struct seki_trust *, const char *))
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_trust *t = seki_enrol_open(trust_dir, 0, &err);

	if (t == NULL)
		(void)cmd_fail(trust_dir, &err);
	else
		at(t, trust_dir);
	seki_trust_free(t);
}

/* 1 when the digits are confirmed. */
static int
compared(const char *ours, struct seki_err *err)
{
	int same;

	if (digits != NULL)
		same = seki_enrol_same(ours, digits);
	else if (isatty(STDIN_FILENO))
		same = key_ask(ours);
	else {
		seki_err_hint(err, "--digits \"12345 12345 12345 12345 12345 "
				   "12345\"");
		(void)seki_fail(err, SEKI_USAGE, "%s",
		    _("accept asks on a terminal, or needs --digits"));
		return 0;
	}
	if (same)
		return 1;
	seki_err_hint(err, "%s",
	    _("Compare once more. If they really differ, do not use this "
	      "folder: call the people who made it. Nothing was installed."));
	(void)seki_fail(err, SEKI_TRUST, "%s",
	    _("the digits are not those of the trust file that was brought"));
	return 0;
}

static void
accept(const char *source)
{
	struct seki_err err = SEKI_ERR_INIT;
	struct seki_trust *t = NULL;
	char ours[SEKI_DIGITS];
	int r = -1;

	if (source == NULL) {
		seki_err_hint(
		    &err, "seki-key accept --trust %s SOURCE", trust_dir);
		(void)seki_fail(&err, SEKI_USAGE, "%s",
		    _("accept needs the folder that was brought"));
	} else if ((t = seki_enrol_open(source, seki_time_now(), &err)) !=
		       NULL &&
		   seki_enrol_digits(t, ours, &err) == 0 &&
		   compared(ours, &err))
		r = seki_enrol_accept(t, trust_dir, &err);
	if (r == -1)
		(void)cmd_fail(source, &err);
	else
		key_accepted(t, trust_dir, ours, r);
	seki_trust_free(t);
}

int
main(int argc, char **argv)
{
	static const char *const verbs[] = { "init", "show", "fingerprint",
		"accept", NULL };
	struct seki_err err = SEKI_ERR_INIT;
	const char *verb, *near;
	char **operand;
	int n = cmd_init(argc, argv, &tool, &operand);

	verb = operand[0];
	if (n == 2 && strcmp(verb, "accept") != 0)
		(void)seki_fail(
		    &err, SEKI_USAGE, "%s", _("only accept takes a folder"));
	else if (strcmp(verb, "init") == 0)
		init();
	else if (strcmp(verb, "show") == 0)
		look(key_show);
	else if (strcmp(verb, "fingerprint") == 0)
		look(key_digits);
	else if (strcmp(verb, "accept") == 0)
		accept(n == 2 ? operand[1] : NULL);
	else {
		near = seki_text_nearest(verb, verbs);
		seki_err_hint(
		    &err, "seki-key %s", near != NULL ? near : "--help");
		(void)seki_fail(&err, SEKI_USAGE, "%s", _("unknown verb"));
	}
	if (err.reason != SEKI_OK)
		(void)cmd_fail(verb, &err);
	return cmd_finish();
}
