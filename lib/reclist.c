#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reclist.h"

void
seki_reclist_name(size_t list, char out[SEKI_RECLIST_NAME])
{
	if (list == 0)
		(void)snprintf(out, SEKI_RECLIST_NAME, "data/list.bin");
	else
		(void)snprintf(
		    out, SEKI_RECLIST_NAME, "data/list-%zu.bin", list);
}

int
seki_reclist_name_ok(const char *name)
{
	char want[SEKI_RECLIST_NAME];
	unsigned long n;

	if (strcmp(name, "data/list.bin") == 0)
		return 1;
	if (strncmp(name, "data/list-", 10) != 0)
		return 0;
	n = strtoul(name + 10, NULL, 10);
	if (n == 0 || n > SEKI_FIELDS_MAX)
		return 0;
	seki_reclist_name(n, want);
	return strcmp(name, want) == 0;
}

static void
of_records(const struct seki_schema *s, struct seki_reclist_cols *c)
{
	size_t key = (size_t)seki_schema_find(s, s->key, strlen(s->key)), i;

	for (i = 0; i < s->n; i++)
		if (i != key && s->field[i].type != SEKI_T_SUBTABLE)
			c->col[c->n++] =
			    (struct seki_reclist_col){ &s->field[i],
				    seki_field_shape(&s->field[i]), i };
}

static void
of_table(const struct seki_field *f, struct seki_reclist_cols *c)
{
	size_t i;

	c->col[c->n++] =
	    (struct seki_reclist_col){ NULL, SEKI_S_TEXT, SIZE_MAX };
	for (i = 0; i < f->nsub; i++)
		c->col[c->n++] = (struct seki_reclist_col){ &f->sub[i],
			seki_field_shape(&f->sub[i]), i };
}

int
seki_reclist_cols(const struct seki_schema *s, size_t list,
    struct seki_reclist_cols *c, struct seki_err *err)
{
	c->n = 0;
	c->col = calloc(SEKI_FIELDS_MAX + 1, sizeof(*c->col));
	if (c->col == NULL)
		return seki_err_nomem(err);
	if (list == 0)
		of_records(s, c);
	else
		of_table(seki_schema_table(s, list - 1), c);
	return 0;
}

struct seki_reclist_sum {
	struct seki_buf *col, text;
	size_t n, kept;
	struct seki_sha256 h;
};

struct seki_reclist_sum *
seki_reclist_sum_new(size_t columns, struct seki_err *err)
{
	struct seki_reclist_sum *s = calloc(1, sizeof(*s));

	if (s != NULL &&
	    (s->col = calloc(columns + 1, sizeof(*s->col))) != NULL)
		s->n = columns;
	if (s == NULL || s->col == NULL)
		(void)seki_err_nomem(err);
	else if (seki_sha256_init(&s->h, err) == 0)
		return s;
	seki_reclist_sum_free(s);
	return NULL;
}

int
seki_reclist_sum_add(struct seki_reclist_sum *s, size_t column,
    enum seki_shape shape, const struct seki_value *v, struct seki_err *err)
{
	unsigned char head[5] = { 0 };
	const char *p = v->p;
	size_t n = v->set ? v->n : 0;

	if (s->kept > SEKI_RECLIST_KEEP)
		return 0;
	if (n > 0 && (shape == SEKI_S_TEXT || shape == SEKI_S_FILES)) {
		seki_buf_reset(&s->text);
		if (seki_canon_text(shape, v, &s->text, err) == -1)
			return -1;
		p = s->text.p;
		n = s->text.n;
	}
	head[0] = v->set != 0;
	head[1] = (unsigned char)(n >> 24);
	head[2] = (unsigned char)(n >> 16);
	head[3] = (unsigned char)(n >> 8);
	head[4] = (unsigned char)n;
	s->kept += n + sizeof(head);
	return seki_buf_add(&s->col[column], head, sizeof(head), err) == -1 ||
		       seki_buf_add(&s->col[column], p, n, err) == -1
		   ? -1
		   : 0;
}

int
seki_reclist_sum_end(struct seki_reclist_sum *s, unsigned char *out)
{
	unsigned char all[SEKI_SHA256];
	int lost = s->kept > SEKI_RECLIST_KEEP;
	size_t i;

	for (i = 0; i < s->n; i++) {
		seki_sha256_restart(&s->h);
		seki_sha256_add(&s->h, "\4", 1);
		seki_sha256_add(&s->h, s->col[i].p, s->col[i].n);
		seki_sha256_end(&s->h, all);
		memcpy(out + i * SEKI_RECLIST_SUM, all, SEKI_RECLIST_SUM);
		if (lost)
			seki_buf_free(&s->col[i]);
		else
			seki_buf_reset(&s->col[i]);
	}
	s->kept = 0;
	return lost;
}

void
seki_reclist_sum_free(struct seki_reclist_sum *s)
{
	size_t i;

	if (s == NULL)
		return;
	for (i = 0; s->col != NULL && i < s->n; i++)
		seki_buf_free(&s->col[i]);
	free(s->col);
	seki_buf_free(&s->text);
	if (s->h.ctx != NULL)
		seki_sha256_free(&s->h);
	free(s);
}
