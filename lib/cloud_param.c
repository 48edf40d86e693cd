#include <errno.h>
#include <stdlib.h>

#include <jansson.h>

#include "cloud_int.h"

/* Subscripts in an address go up to 99; a body may name 1,000 fields. */
#define FIELDS_URL 100
#define FIELDS_BODY 1000

static int
number(const char *s, size_t n, uint64_t *out)
{
	*out = 0;
	if (n == 0 || n > 12)
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		*out = *out * 10 + (uint64_t)(s[i] - '0');
	}
	return *out == 0 || *out > SEKI_CLOUD_ID_MAX ? -1 : 0;
}

static int
add_field(
    struct seki_cloud_param *p, const char *s, size_t n, struct seki_err *err)
{
	struct seki_buf *f;

	f = reallocarray(p->field, p->nfield + 1, sizeof(*f));
	if (f == NULL)
		return seki_err_nomem(err);
	p->field = f;
	f[p->nfield] = (struct seki_buf)SEKI_BUF_INIT;
	return seki_buf_add(&f[p->nfield++], s, n, err);
}

/* One parameter as text; a name that is not known is passed over. */
static int
text(struct seki_cloud_param *p, const char *name, const char *s, size_t n,
    struct seki_cloud_fault *fault, struct seki_err *err)
{
	if (strcmp(name, "app") == 0 || strcmp(name, "id") == 0) {
		uint64_t *to = *name == 'a' ? &p->app : &p->id;

		return number(s, n, to) == 0 ? 0
					     : seki_cloud_invalid(fault,
						   *name == 'a' ? "app" : "id",
						   SEKI_CLOUD_INTEGER);
	}
	if (strcmp(name, "query") == 0) {
		seki_buf_reset(&p->query);
		return seki_buf_add(&p->query, s, n, err);
	}
	if (strcmp(name, "totalCount") == 0) {
		p->total = n == 4 && memcmp(s, "true", 4) == 0;
		return p->total || (n == 5 && memcmp(s, "false", 5) == 0)
			   ? 0
			   : seki_cloud_invalid(
				 fault, "totalCount", SEKI_CLOUD_BOOLEAN);
	}
	if (strncmp(name, "fields[", 7) == 0) {
		size_t digits = strspn(name + 7, "0123456789");

		if (digits == 0 || strcmp(name + 7 + digits, "]") != 0)
			return 0;
		p->fields = 1;
		if (digits > 2 || p->nfield == FIELDS_URL)
			return seki_cloud_invalid(
			    fault, "fields", SEKI_CLOUD_TOO_MANY);
		return add_field(p, s, n, err);
	}
	return 0;
}

static int
hex(int c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* %XX and + undone; must be text. */
static int
decode(const char *s, size_t n, struct seki_buf *b,
    struct seki_cloud_fault *fault, struct seki_err *err)
{
	size_t bad;

	seki_buf_reset(b);
	if (seki_buf_room(b, n, err) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		int c = (unsigned char)s[i];

		if (c == '+')
			c = ' ';
		else if (c == '%') {
			if (i + 2 >= n || hex(s[i + 1]) == -1 ||
			    hex(s[i + 2]) == -1)
				return seki_cloud_refuse(
				    fault, SEKI_CLOUD_CB_IL02, NULL, 0);
			c = hex(s[i + 1]) << 4 | hex(s[i + 2]);
			i += 2;
		}
		b->p[b->n++] = (char)c;
	}
	b->p[b->n] = '\0';
	if (!seki_text_utf8(b->p, b->n, &bad))
		return seki_cloud_refuse(fault, SEKI_CLOUD_CB_IL02, NULL, 0);
	return 0;
}

int
seki_cloud_param_query(struct seki_cloud_param *p, const char *s,
    struct seki_cloud_fault *fault, struct seki_err *err)
{
	struct seki_buf name = SEKI_BUF_INIT, value = SEKI_BUF_INIT;
	size_t n, eq;
	int r = 0;

	while (r == 0 && *s != '\0') {
		n = strcspn(s, "&");
		eq = 0;
		while (eq < n && s[eq] != '=')
			eq++;
		if (n > 0) {
			r = decode(s, eq, &name, fault, err);
			if (r == 0)
				r = decode(eq < n ? s + eq + 1 : s + n,
				    eq < n ? n - eq - 1 : 0, &value, fault,
				    err);
			if (r == 0)
				r = text(
				    p, name.p, value.p, value.n, fault, err);
		}
		s += n + (s[n] == '&');
	}
	seki_buf_free(&name);
	seki_buf_free(&value);
	return r;
}

static int
list(struct seki_cloud_param *p, json_t *v, struct seki_cloud_fault *fault,
    struct seki_err *err)
{
	json_t *s;
	size_t i;

	p->fields = 1;
	if (!json_is_array(v))
		return seki_cloud_invalid(fault, "fields", SEKI_CLOUD_REQUIRED);
	if (json_array_size(v) > FIELDS_BODY)
		return seki_cloud_invalid(fault, "fields", SEKI_CLOUD_TOO_MANY);
	json_array_foreach(v, i, s)
	{
		if (!json_is_string(s))
			return seki_cloud_invalid(
			    fault, "fields", SEKI_CLOUD_REQUIRED);
		if (add_field(p, json_string_value(s), json_string_length(s),
			err) == -1)
			return -1;
	}
	return 0;
}

static int
member(struct seki_cloud_param *p, const char *name, json_t *v,
    struct seki_cloud_fault *fault, struct seki_err *err)
{
	char n[32];

	if (strcmp(name, "fields") == 0 && !json_is_null(v))
		return list(p, v, fault, err);
	if (json_is_string(v))
		return text(p, name, json_string_value(v),
		    json_string_length(v), fault, err);
	if (json_is_boolean(v))
		return text(p, name, json_is_true(v) ? "true" : "false",
		    json_is_true(v) ? 4 : 5, fault, err);
	if (json_is_integer(v)) {
		(void)snprintf(n, sizeof(n), "%" JSON_INTEGER_FORMAT,
		    json_integer_value(v));
		return text(p, name, n, strlen(n), fault, err);
	}
	if (json_is_null(v))
		return 0;
	/* Nothing of another kind is a parameter: as if it had no value. */
	return text(p, name, "", 0, fault, err);
}

int
seki_cloud_param_body(struct seki_cloud_param *p, const char *s, size_t n,
    struct seki_cloud_fault *fault, struct seki_err *err)
{
	struct seki_err why = SEKI_ERR_INIT;
	const char *name;
	json_t *doc, *v;
	int r = 0;

	doc = seki_doc_parse(s, n, SEKI_REMOTE, "body", &why);
	if (doc == NULL && why.reason == SEKI_NOMEM)
		return seki_err_nomem(err);
	if (!json_is_object(doc)) {
		json_decref(doc);
		return seki_cloud_refuse(fault, SEKI_CLOUD_CB_IJ01, NULL, 0);
	}
	json_object_foreach(
	    doc, name, v) if ((r = member(p, name, v, fault, err)) == -1) break;
	json_decref(doc);
	return r;
}

void
seki_cloud_param_free(struct seki_cloud_param *p)
{
	for (size_t i = 0; i < p->nfield; i++)
		seki_buf_free(&p->field[i]);
	free(p->field);
	seki_buf_free(&p->query);
}
