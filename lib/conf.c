#include <stdlib.h>
#include <string.h>

#include "seki_int.h"

/* A line that sets a key, or, without value, begins a section. */
struct item {
	char *name; /* "section.key" or "key"; of a section its name */
	char *value;
	unsigned line;
};

struct seki_conf {
	struct item *item;
	size_t n;
	char *section; /* the one being read, or NULL */
	const char *const *known;
};

static struct item *
find(const struct seki_conf *conf, const char *name, int section)
{
	size_t i;

	for (i = 0; i < conf->n; i++)
		if ((conf->item[i].value == NULL) == section &&
		    strcmp(conf->item[i].name, name) == 0)
			return &conf->item[i];
	return NULL;
}

/* Takes name and value. */
static int
keep(struct seki_conf *conf, char *name, char *value, unsigned line,
    struct seki_err *err)
{
	struct item *p = reallocarray(conf->item, conf->n + 1, sizeof(*p));

	if (p == NULL) {
		free(name);
		free(value);
		return seki_err_nomem(err);
	}
	conf->item = p;
	p[conf->n].name = name;
	p[conf->n].value = value;
	p[conf->n++].line = line;
	return 0;
}

/* The known keys' names behind their sections: of one section, or with NULL
 * of all.  NULL-ended. */
static const char **
names(const struct seki_conf *conf, const char *section)
{
	size_t i, n = 0, len = section != NULL ? strlen(section) : 0;
	const char **list, *key, *dot;

	while (conf->known[n] != NULL)
		n++;
	if ((list = calloc(n + 1, sizeof(*list))) == NULL)
		return NULL;
	for (i = n = 0; conf->known[i] != NULL; i++) {
		key = conf->known[i];
		dot = strchr(key, '.');
		if (section != NULL &&
		    (dot == NULL || (size_t)(dot - key) != len ||
			strncmp(key, section, len) != 0))
			continue;
		list[n++] = dot != NULL ? dot + 1 : key;
	}
	return list;
}

/* The key of this name, of another section too, else the nearest: first in
 * the section where it stands, then in all.  *full is the whole name. */
static const char *
nearest(const struct seki_conf *conf, const char *section, const char *key,
    const char **full)
{
	const char **list, *near = NULL;
	size_t i;

	for (i = 0; near == NULL && conf->known[i] != NULL; i++) {
		near = strchr(conf->known[i], '.');
		near = near != NULL ? near + 1 : conf->known[i];
		if (strcmp(near, key) != 0)
			near = NULL;
	}
	if (near == NULL && (list = names(conf, section)) != NULL) {
		near = seki_text_nearest(key, list);
		free(list);
	}
	if (near == NULL && (list = names(conf, NULL)) != NULL) {
		near = seki_text_nearest(key, list);
		free(list);
	}
	for (i = 0; near != NULL && conf->known[i] != NULL; i++) {
		*full = conf->known[i];
		if (near >= *full && near <= *full + strlen(*full))
			break;
	}
	return near;
}

static int
hint_key(const struct seki_conf *conf, const char *section, const char *key,
    struct seki_err *err)
{
	const char *full = NULL, *near = nearest(conf, section, key, &full);

	if (near == NULL)
		seki_err_hint(err, "%s",
		    _("seki.conf(5) lists the keys that can be set."));
	else if (near == full)
		seki_err_hint(err,
		    _("The nearest known key is \"%s\", before any section."),
		    near);
	else
		seki_err_hint(err,
		    _("The nearest known key is \"%s\" in section [%.*s]."),
		    near, (int)(near - full - 1), full);
	return -1;
}

static int
hint_section(
    const struct seki_conf *conf, const char *section, struct seki_err *err)
{
	const char *near = NULL, *dot, **list;
	size_t i, n = 0, count = 0;
	char **name;

	while (conf->known[count] != NULL)
		count++;
	if ((name = calloc(count + 1, sizeof(*name))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < count; i++)
		if ((dot = strchr(conf->known[i], '.')) != NULL &&
		    (name[n] = strndup(conf->known[i],
			 (size_t)(dot - conf->known[i]))) != NULL)
			n++;
	if ((list = calloc(n + 1, sizeof(*list))) != NULL) {
		memcpy(list, name, n * sizeof(*list));
		near = seki_text_nearest(section, list);
	}
	if (near != NULL)
		seki_err_hint(
		    err, _("The nearest known section is [%s]."), near);
	else
		seki_err_hint(err, "%s",
		    _("seki.conf(5) lists the keys that can be set."));
	while (n > 0)
		free(name[--n]);
	free(name);
	free(list);
	return -1;
}

static int
section_known(const struct seki_conf *conf, const char *name)
{
	size_t i, n = strlen(name);

	for (i = 0; conf->known[i] != NULL; i++)
		if (strncmp(conf->known[i], name, n) == 0 &&
		    conf->known[i][n] == '.')
			return 1;
	return 0;
}

static int
key_known(const struct seki_conf *conf, const char *name)
{
	size_t i;

	for (i = 0; conf->known[i] != NULL; i++)
		if (strcmp(conf->known[i], name) == 0)
			return 1;
	return 0;
}

/* s is "[...": its brackets are taken off in place. */
static int
section(struct seki_conf *conf, char *s, unsigned line, struct seki_err *err)
{
	const struct item *before;
	size_t n = strlen(s);
	char *name;

	if (s[n - 1] != ']')
		return seki_fail(err, SEKI_CONFIG,
		    _("line %u: a section's line must end with ]"), line);
	s[n - 1] = '\0';
	s++;
	if (!section_known(conf, s)) {
		seki_fail(err, SEKI_CONFIG, _("line %u: unknown section [%s]"),
		    line, s);
		return hint_section(conf, s, err);
	}
	if ((before = find(conf, s, 1)) != NULL)
		return seki_fail(err, SEKI_CONFIG,
		    _("line %u: section [%s] stands on line %u already"), line,
		    s, before->line);
	free(conf->section);
	if ((conf->section = strdup(s)) == NULL || (name = strdup(s)) == NULL)
		return seki_err_nomem(err);
	return keep(conf, name, NULL, line, err);
}

static char *
trim(char *s)
{
	size_t n;

	s += strspn(s, " \t");
	n = strlen(s);
	while (n > 0 && (s[n - 1] == ' ' || s[n - 1] == '\t'))
		n--;
	s[n] = '\0';
	return s;
}

static int
setting(struct seki_conf *conf, char *s, unsigned line, struct seki_err *err)
{
	char *equal = strchr(s, '='), *key, *name, *value;
	const struct item *before;
	int n;

	if (equal == NULL)
		return seki_fail(err, SEKI_CONFIG,
		    _("line %u: neither \"key = value\" nor a section nor a"
		      " comment"),
		    line);
	*equal = '\0';
	key = trim(s);
	n = conf->section != NULL ? asprintf(&name, "%s.%s", conf->section, key)
				  : asprintf(&name, "%s", key);
	if (n == -1)
		return seki_err_nomem(err);
	/* A dot would let a key stand for one of another section. */
	if (strchr(key, '.') != NULL || !key_known(conf, name)) {
		seki_fail(err, SEKI_CONFIG, _("line %u: unknown key \"%s\""),
		    line, key);
		hint_key(conf, conf->section, key, err);
		free(name);
		return -1;
	}
	if ((before = find(conf, name, 0)) != NULL) {
		free(name);
		return seki_fail(err, SEKI_CONFIG,
		    _("line %u: \"%s\" is set on line %u already"), line, key,
		    before->line);
	}
	if ((value = strdup(trim(equal + 1))) == NULL) {
		free(name);
		return seki_err_nomem(err);
	}
	return keep(conf, name, value, line, err);
}

static int
one_line(struct seki_conf *conf, char *s, size_t n, unsigned line,
    struct seki_err *err)
{
	size_t bad, i;

	if (n > 0 && s[n - 1] == '\r')
		n--;
	if (!seki_text_utf8(s, n, &bad))
		return seki_fail(err, SEKI_CONFIG,
		    _("line %u: not UTF-8 at byte %zu of the line"), line,
		    bad + 1);
	for (i = 0; i < n; i++)
		if (((unsigned char)s[i] < 0x20 && s[i] != '\t') ||
		    s[i] == 0x7F)
			return seki_fail(err, SEKI_CONFIG,
			    _("line %u: a control character"), line);
	s[n] = '\0';
	s = trim(s);
	if (*s == '\0' || *s == '#' || *s == ';')
		return 0;
	return *s == '[' ? section(conf, s, line, err)
			 : setting(conf, s, line, err);
}

static int
parse(struct seki_conf *conf, char *s, size_t n, struct seki_err *err)
{
	char *end = s + n, *lf;
	unsigned line = 1;

	if (n >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0)
		s += 3;
	for (; s < end; s = lf + 1, line++) {
		if ((lf = memchr(s, '\n', (size_t)(end - s))) == NULL)
			lf = end;
		if (one_line(conf, s, (size_t)(lf - s), line, err) == -1)
			return -1;
	}
	return 0;
}

struct seki_conf *
seki_conf_open(const char *path, const char *const *known, struct seki_err *err)
{
	struct seki_buf buf = SEKI_BUF_INIT;
	struct seki_conf *conf;
	int r;

	if ((conf = calloc(1, sizeof(*conf))) == NULL) {
		seki_err_nomem(err);
		return NULL;
	}
	conf->known = known;
	r = seki_in_slurp(path, SEKI_CONF_MAX, &buf, err);
	if (r == 0 && buf.n > 0)
		r = parse(conf, buf.p, buf.n, err);
	/* A password may stand in it. */
	seki_buf_wipe(&buf);
	if (r == 0)
		return conf;
	seki_err_object(err, path);
	seki_conf_free(conf);
	return NULL;
}

const char *
seki_conf_get(const struct seki_conf *conf, const char *key)
{
	const struct item *p = find(conf, key, 0);

	return p != NULL ? p->value : NULL;
}

unsigned
seki_conf_line(const struct seki_conf *conf, const char *key)
{
	const struct item *p = find(conf, key, 0);

	return p != NULL ? p->line : 0;
}

void
seki_conf_free(struct seki_conf *conf)
{
	size_t i;

	if (conf == NULL)
		return;
	for (i = 0; i < conf->n; i++) {
		free(conf->item[i].name);
		if (conf->item[i].value != NULL)
			explicit_bzero(
			    conf->item[i].value, strlen(conf->item[i].value));
		free(conf->item[i].value);
	}
	free(conf->item);
	free(conf->section);
	free(conf);
}
