#include <stdatomic.h>
#include <stdio.h>

#include "cloud_int.h"

static const struct {
	const char *word;
	unsigned status;
	const char *text[2]; /* Japanese, English */
} codes[] = { { "", 200, { "", "" } },
#define X(name, status, ja, en) { #name, status, { ja, en } },
	SEKI_CLOUD_CODES(X)
#undef X
};

static const char *const whys[][2] = {
#define X(name, ja, en) { ja, en },
	SEKI_CLOUD_WHYS(X)
#undef X
};

/* Cut between characters. */
static void
copy(char *to, size_t size, const char *s, size_t n)
{
	if (n >= size) {
		n = size - 1;
		while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
			n--;
	}
	if (n > 0)
		memcpy(to, s, n);
	to[n] = '\0';
}

int
seki_cloud_refuse(struct seki_cloud_fault *f, enum seki_cloud_code code,
    const char *arg, size_t n)
{
	if (f->code != SEKI_CLOUD_OK)
		return -1;
	f->code = code;
	copy(f->arg, sizeof(f->arg), arg, n);
	return -1;
}

int
seki_cloud_invalid(struct seki_cloud_fault *f, const char *key,
    enum seki_cloud_why why, const char *arg, size_t n)
{
	struct seki_cloud_problem *p = &f->problem[f->n];

	if ((f->code != SEKI_CLOUD_OK && f->code != SEKI_CLOUD_CB_VA01) ||
	    f->n == SEKI_CLOUD_PROBLEMS)
		return -1;
	f->code = SEKI_CLOUD_CB_VA01;
	f->n++;
	p->why = why;
	copy(p->key, sizeof(p->key), key, strlen(key));
	copy(p->arg, sizeof(p->arg), arg, n);
	return -1;
}

unsigned
seki_cloud_error_status(enum seki_cloud_code code)
{
	return codes[code].status;
}

const char *
seki_cloud_error_word(enum seki_cloud_code code)
{
	return codes[code].word;
}

/* Text with its %s replaced, as a JSON string. */
static int
message(
    const char *text, const char *arg, struct seki_buf *b, struct seki_err *err)
{
	const char *at = strstr(text, "%s");
	struct seki_buf t = SEKI_BUF_INIT;
	int r = -1;

	if (at == NULL)
		return seki_json_quote(b, text, strlen(text), err);
	if (seki_buf_add(&t, text, (size_t)(at - text), err) == 0 &&
	    seki_buf_str(&t, arg, err) == 0 &&
	    seki_buf_str(&t, at + 2, err) == 0)
		r = seki_json_quote(b, t.p, t.n, err);
	seki_buf_free(&t);
	return r;
}

/* A parameter or field is named once, with all that is wrong with it. */
static int
problems(const struct seki_cloud_fault *f, int english, struct seki_buf *b,
    struct seki_err *err)
{
	const struct seki_cloud_problem *p = f->problem, *q;

	for (size_t i = 0; i < f->n; i++) {
		const char *sep = "";
		size_t j = 0;

		while (strcmp(p[j].key, p[i].key) != 0)
			j++;
		if (j < i)
			continue;
		if (seki_buf_str(b, i > 0 ? "," : ",\"errors\":{", err) == -1 ||
		    seki_json_quote(b, p[i].key, strlen(p[i].key), err) == -1 ||
		    seki_buf_str(b, ":{\"messages\":[", err) == -1)
			return -1;
		for (q = p + i; q < p + f->n; q++) {
			if (strcmp(q->key, p[i].key) != 0)
				continue;
			if (seki_buf_str(b, sep, err) == -1 ||
			    message(whys[q->why][english != 0], q->arg, b,
				err) == -1)
				return -1;
			sep = ",";
		}
		if (seki_buf_str(b, "]}", err) == -1)
			return -1;
	}
	return f->n > 0 ? seki_buf_str(b, "}", err) : 0;
}

int
seki_cloud_error_body(const struct seki_cloud_fault *f, int english,
    struct seki_buf *b, struct seki_err *err)
{
	static _Atomic unsigned long counter;
	unsigned long n = atomic_fetch_add(&counter, 1) + 1;

	if (seki_buf_fmt(b, err,
		"{\"code\":\"%s\",\"id\":\"seki%016lx\","
		"\"message\":",
		codes[f->code].word, n) == -1 ||
	    message(codes[f->code].text[english != 0], f->arg, b, err) == -1 ||
	    problems(f, english, b, err) == -1)
		return -1;
	return seki_buf_str(b, "}", err);
}
