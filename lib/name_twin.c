#include <stdlib.h>
#include <string.h>

#include <unicode/unorm2.h>
#include <unicode/ustring.h>

#include "name.h"

/*
 * A name or a folder, by half of a digest: two that share it are as good as
 * impossible, and memory stays small.
 */
struct twin {
	unsigned char id[16];
	uint32_t n; /* the last number given; 0: the place is free */
};
struct seki_twins {
	struct twin *v;
	size_t room, n; /* room is a power of two */
	struct seki_buf id, name;
	UChar *wide; /* room for three forms of a name */
};

/* Units that a name's forms may grow to; ICU says at most 18 for one. */
#define WIDE (32 * (int32_t)SEKI_NAME_UNITS)

struct seki_twins *
seki_twins_new(struct seki_err *err)
{
	struct seki_twins *t = calloc(1, sizeof(*t));

	if (t != NULL && (t->v = calloc(1024, sizeof(*t->v))) != NULL &&
	    (t->wide = calloc(3 * (size_t)WIDE, sizeof(*t->wide))) != NULL) {
		t->room = 1024;
		return t;
	}
	seki_twins_free(t);
	(void)seki_err_nomem(err);
	return NULL;
}

void
seki_twins_free(struct seki_twins *t)
{
	if (t == NULL)
		return;
	seki_buf_free(&t->id);
	seki_buf_free(&t->name);
	free(t->wide);
	free(t->v);
	free(t);
}

/* Where the id is, or may be put. */
static struct twin *
place(struct twin *v, size_t room, const unsigned char *id)
{
	size_t i;

	memcpy(&i, id, sizeof(i));
	for (i &= room - 1; v[i].n != 0; i = (i + 1) & (room - 1))
		if (memcmp(v[i].id, id, sizeof(v[i].id)) == 0)
			break;
	return &v[i];
}

static int
grow(struct seki_twins *t, struct seki_err *err)
{
	size_t i, room = 2 * t->room;
	struct twin *v;

	if (t->n > 2 * SEKI_NAMES_MAX)
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("more than a million files in one export"));
	if ((v = calloc(room, sizeof(*v))) == NULL)
		return seki_err_nomem(err);
	for (i = 0; i < t->room; i++)
		if (t->v[i].n != 0)
			*place(v, room, t->v[i].id) = t->v[i];
	free(t->v);
	t->v = v;
	t->room = room;
	return 0;
}

static uint32_t
get(const struct seki_twins *t, const unsigned char *id)
{
	return place(t->v, t->room, id)->n;
}

static int
put(struct seki_twins *t, const unsigned char *id, uint32_t n,
    struct seki_err *err)
{
	struct twin *at;

	if (t->n + 1 > t->room / 2 && grow(t, err) == -1)
		return -1;
	at = place(t->v, t->room, id);
	t->n += at->n == 0;
	memcpy(at->id, id, sizeof(at->id));
	at->n = n;
	return 0;
}

/* One text for all that some system takes for the same: letters first large,
 * then small, because both ways lose differences; forms of compatibility. */
static int
fold(struct seki_twins *t, const char *s, size_t n, struct seki_err *err)
{
	UErrorCode e = U_ZERO_ERROR;
	const UNormalizer2 *nf = unorm2_getNFKCCasefoldInstance(&e);
	UChar *in = t->wide, *large = in + WIDE, *out = large + WIDE;
	int32_t k = 0;

	(void)u_strFromUTF8(in, WIDE, &k, s, (int32_t)n, &e);
	k = u_strToUpper(large, WIDE, in, k, "", &e);
	k = unorm2_normalize(nf, large, k, out, WIDE, &e);
	if (U_FAILURE(e))
		return e == U_MEMORY_ALLOCATION_ERROR
			   ? seki_err_nomem(err)
			   : seki_fail(
				 err, SEKI_BUG, "ICU: %s", u_errorName(e));
	return seki_buf_add(&t->id, out, (size_t)k * sizeof(*out), err);
}

/* Of a name in a folder, which is "" or given already. */
static int
identify(struct seki_twins *t, const struct seki_buf *folder, size_t nfolder,
    const char *name, size_t n, unsigned char *id, struct seki_err *err)
{
	seki_buf_reset(&t->id);
	return seki_buf_str(&t->id, "name", err) == -1 ||
		       fold(t, nfolder == 0 ? "" : folder->p, nfolder, err) ==
			   -1 ||
		       seki_buf_add(&t->id, "\0\0", 2, err) == -1 ||
		       fold(t, name, n, err) == -1
		   ? -1
		   : seki_sha256_of(t->id.p, t->id.n, id, err);
}

int
seki_twins_reserve(struct seki_twins *t, const char *name, struct seki_err *err)
{
	unsigned char id[SEKI_SHA256];

	return identify(t, NULL, 0, name, strlen(name), id, err) == -1
		   ? -1
		   : put(t, id, 1, err);
}

/* The first free number of the name in the folder; t->name is then it.  How far
 * they go stands with the name that has none. */
static int
first(struct seki_twins *t, const struct seki_buf *folder, size_t nfolder,
    const struct seki_buf *clean, size_t units, unsigned *flags, uint32_t *got,
    struct seki_err *err)
{
	unsigned char id[SEKI_SHA256], plain[SEKI_SHA256] = { 0 };
	uint32_t n = 1, taken;

	for (;;) {
		seki_buf_reset(&t->name);
		if (seki_name_safe(&t->name, clean, n, units, flags, err) ==
			-1 ||
		    identify(t, folder, nfolder, t->name.p, t->name.n, id,
			err) == -1)
			return -1;
		if ((taken = get(t, id)) == 0)
			break;
		if (n == 1) {
			memcpy(plain, id, sizeof(plain));
			n = taken;
		}
		n++;
	}
	*got = n;
	if (n > 1)
		*flags |= SEKI_NAME_TWIN;
	return put(t, id, 1, err) == -1 ||
		       (n > 1 && put(t, plain, n, err) == -1)
		   ? -1
		   : 0;
}

/* The same values, the same folder; other ones, another one. */
static int
folder(struct seki_twins *t, struct seki_name_filled *f, struct seki_buf *path,
    struct seki_err *err)
{
	unsigned char id[SEKI_SHA256];
	unsigned flags = 0;
	uint32_t n;

	seki_buf_reset(&t->id);
	if (seki_buf_str(&t->id, "from", err) == -1 ||
	    seki_buf_add(&t->id, f->from.p, f->from.n, err) == -1 ||
	    seki_sha256_of(t->id.p, t->id.n, id, err) == -1)
		return -1;
	if ((n = get(t, id)) == 0 &&
	    (first(t, NULL, 0, &f->folder, SEKI_NAME_FOLDER, &flags, &n, err) ==
		    -1 ||
		put(t, id, n, err) == -1))
		return -1;
	if (n > 1)
		f->flags |= SEKI_NAME_TWIN;
	return seki_name_safe(
	    path, &f->folder, n, SEKI_NAME_FOLDER, &f->flags, err);
}

int
seki_twins_give(struct seki_twins *t, struct seki_name_filled *f,
    struct seki_buf *path, struct seki_err *err)
{
	size_t units = SEKI_NAME_UNITS, nfolder;
	uint32_t n;

	seki_buf_reset(path);
	if (f->folders && folder(t, f, path, err) == -1)
		return -1;
	if ((nfolder = path->n) > 0)
		units -= seki_name_units(path->p, path->n) + 1;
	if (first(t, path, nfolder, &f->file, units, &f->flags, &n, err) == -1)
		return -1;
	return (nfolder > 0 && seki_buf_byte(path, '/', err) == -1) ||
		       seki_buf_add(path, t->name.p, t->name.n, err) == -1
		   ? -1
		   : 0;
}
