#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "key.h"

static struct seki_enrol enrol = { .person = "p-0001", .safe = "safe-1" };
static const char *trust_dir, *digits, *output, *role, *carrier;
static struct seki_next next;
static struct cmd_list root_keys;

static const struct cmd_opt options[] = {
	{ .name = "trust",
	    .kind = CMD_STRING,
	    .to = &trust_dir,
	    .arg = "DIR",
	    .conf = "trust.dir",
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
	    .help = N_("init, recipient: id of this host") },
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
	{ .name = "carrier",
	    .kind = CMD_STRING,
	    .to = &carrier,
	    .arg = "media,relay",
	    .help = N_("carriers: how bundles of the stream may travel") },
	{ .name = "relay",
	    .kind = CMD_FLAG,
	    .to = &enrol.relay,
	    .help = N_("init: bundles may go through a relay, too") },
	{ .name = "digits",
	    .kind = CMD_STRING,
	    .to = &digits,
	    .arg = "DIGITS",
	    .help = N_("accept, add: the digits that the other side reads "
		       "out") },
	{ .name = "output",
	    .letter = 'o',
	    .kind = CMD_STRING,
	    .to = &output,
	    .arg = "FILE",
	    .help = N_("recipient: the key file") },
	{ .name = "root-key",
	    .kind = CMD_LIST,
	    .to = &root_keys,
	    .arg = "FILE",
	    .help = N_("add: a root person's key; may be given again") },
	{ .name = "certificate",
	    .kind = CMD_STRING,
	    .to = &next.certificate,
	    .arg = "FILE",
	    .help = N_("add: the certificate that was brought, PEM") },
	{ .name = "owner",
	    .kind = CMD_STRING,
	    .to = &next.owner,
	    .arg = "ID",
	    .help = N_("add: the host that the key belongs to") },
	{ .name = "role",
	    .kind = CMD_STRING,
	    .to = &role,
	    .arg = "decrypt",
	    .help = N_("add: what the key is for") },
	{ .name = "stream",
	    .kind = CMD_STRING,
	    .to = &next.stream,
	    .arg = "NAME",
	    .help = N_("add, carriers: the stream that it is about; * for "
		       "every one without rules of its own") },
	{ .name = NULL },
};

static const struct cmd_tool tool = {
	.name = "seki-key",
	.synopsis =
	    "init|show|fingerprint|accept|recipient|add|carriers [SOURCE]",
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
compared(const char *ours, const char *question, const char *differ,
    struct seki_err *err)
{
	int same;

	if (digits != NULL)
		same = seki_enrol_same(ours, digits);
	else if (isatty(STDIN_FILENO))
		same = key_ask(ours, question);
	else {
		seki_err_hint(err, "%s",
		    _("give the thirty digits that were read out on the other "
		      "side: --digits \"12345 12345 12345 12345 12345 "
		      "12345\""));
		(void)seki_fail(err, SEKI_USAGE, "%s",
		    _("it asks on a terminal, or needs --digits"));
		return 0;
	}
	if (same)
		return 1;
	seki_err_hint(err, "%s",
	    _("Compare once more: are all thirty there? If they really differ, "
	      "do not use what was brought: call the people who made it. "
	      "Nothing was installed."));
	(void)seki_fail(err, SEKI_TRUST, "%s", differ);
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
		   compared(ours,
		       _("Two persons compare these digits with those of the "
			 "host that made the folder:\none reads them aloud "
			 "there, the other follows here, group by group.\n"
			 "Are all thirty digits the same? Type yes or no: "),
		       _("the digits are not those of the trust file that "
			 "was brought"),
		       &err))
		r = seki_enrol_accept(t, trust_dir, &err);
	if (r == -1)
		(void)cmd_fail(source, &err);
	else
		key_accepted(t, trust_dir, ours, r);
	seki_trust_free(t);
}

/* A key that decrypts, on the host where it stays. */
static void
recipient(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	seki_time now = seki_time_now();
	struct seki_key *key = NULL;
	char pem[4096];

	if (enrol.host == NULL || output == NULL) {
		seki_err_hint(&err, "seki-key recipient --host ID -o ID.key");
		(void)seki_fail(
		    &err, SEKI_USAGE, "%s", _("recipient needs --host and -o"));
	} else
		key = seki_key_recipient(output, enrol.host, now,
		    seki_enrol_key_end(now), pem, sizeof(pem), &err);
	if (key == NULL)
		(void)cmd_fail(output, &err);
	else
		key_recipient(key, output, pem);
	seki_key_free(key);
}

static int
needed(struct seki_err *err)
{
	const struct {
		const char *option, *value;
	} all[] = { { "certificate", next.certificate },
		{ "owner", next.owner }, { "role", role },
		{ "stream", next.stream },
		{ "root-key", root_keys.n > 0 ? "" : NULL } };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].value == NULL) {
			seki_err_hint(err, "%s",
			    "seki-key add --trust DIR --root-key FILE "
			    "--certificate FILE.pem --owner ID --role decrypt "
			    "--stream NAME");
			return seki_fail(err, SEKI_USAGE, _("--%s is missing"),
			    all[i].option);
		}
	if (strcmp(role, "decrypt") == 0)
		return 0;
	return seki_fail(err, SEKI_USAGE, "%s",
	    _("--role: this version adds keys that decrypt only"));
}

/* The next trust file, in which bundles go to one more key. */
static void
add(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	int r = -1;

	next.dir = trust_dir;
	next.now = seki_time_now();
	if (needed(&err) == 0 && cmd_list(&root_keys, &next.root, &err) == 0 &&
	    seki_next_open(&next, &err) == 0 &&
	    compared(next.digits,
		_("Two persons compare these digits with those of the host "
		  "that made the key:\none reads them aloud there, the other "
		  "follows here, group by group.\n"
		  "Are all thirty digits the same? Type yes or no: "),
		_("the digits are not those of the certificate that was "
		  "brought"),
		&err))
		r = seki_next_make(&next, &err);
	if (r == -1)
		(void)cmd_fail(trust_dir, &err);
	else
		key_added(&next, r);
	seki_next_free(&next);
}

/* The next trust file, in which a stream may travel otherwise. */
static void
carriers(void)
{
	struct seki_err err = SEKI_ERR_INIT;
	int r = -1;

	next.dir = trust_dir;
	next.now = seki_time_now();
	if (carrier == NULL || next.stream == NULL || root_keys.n == 0) {
		seki_err_hint(&err, "%s",
		    "seki-key carriers --trust DIR --root-key FILE --stream "
		    "NAME --carrier media,relay");
		(void)seki_fail(&err, SEKI_USAGE, "%s",
		    _("carriers needs --carrier, --stream and --root-key"));
	} else if (strcmp(carrier, "media") != 0 &&
		   strcmp(carrier, "relay") != 0 &&
		   strcmp(carrier, "media,relay") != 0) {
		seki_err_object(&err, "--carrier");
		(void)seki_fail(
		    &err, SEKI_USAGE, "%s", _("media, relay, or media,relay"));
	} else if (cmd_list(&root_keys, &next.root, &err) == 0) {
		next.media = strstr(carrier, "media") != NULL;
		next.relay = strstr(carrier, "relay") != NULL;
		r = seki_next_make(&next, &err);
	}
	if (r == -1)
		(void)cmd_fail(trust_dir, &err);
	else
		key_carriers(&next, r);
}

static int
known(const char *verb, const char *const *verbs)
{
	while (*verbs != NULL && strcmp(*verbs, verb) != 0)
		verbs++;
	return *verbs != NULL;
}

int
main(int argc, char **argv)
{
	static const char *const verbs[] = { "init", "show", "fingerprint",
		"accept", "recipient", "add", "carriers", NULL };
	struct seki_err err = SEKI_ERR_INIT;
	const char *verb, *near;
	char **operand;
	int n = cmd_init(argc, argv, &tool, &operand);

	verb = operand[0];
	if (n == 2 && strcmp(verb, "accept") != 0)
		(void)seki_fail(
		    &err, SEKI_USAGE, "%s", _("only accept takes a folder"));
	else if (strcmp(verb, "recipient") == 0)
		recipient();
	else if (trust_dir == NULL && known(verb, verbs)) {
		seki_err_hint(&err, "seki-key %s --trust DIR", verb);
		(void)seki_fail(
		    &err, SEKI_USAGE, _("--%s %s is needed"), "trust", "DIR");
	} else if (strcmp(verb, "init") == 0)
		init();
	else if (strcmp(verb, "show") == 0)
		look(key_show);
	else if (strcmp(verb, "fingerprint") == 0)
		look(key_digits);
	else if (strcmp(verb, "accept") == 0)
		accept(n == 2 ? operand[1] : NULL);
	else if (strcmp(verb, "add") == 0)
		add();
	else if (strcmp(verb, "carriers") == 0)
		carriers();
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
