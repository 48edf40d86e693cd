#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "export_int.h"
#include "folder.h"

struct seki_export_named {
	const struct seki_export *opt;
	const struct seki_schema *schema;
	struct seki_name *template;
	struct seki_twins *twins;
	struct seki_folder *folder;
	struct seki_export_list *list;
	struct seki_name_filled filled;
	struct seki_buf path, label;
	uint64_t files, left;
};

struct seki_export_named *
seki_export_named_open(const struct seki_export *opt,
    const struct seki_schema *schema, struct seki_err *err)
{
	struct seki_export_named *x = calloc(1, sizeof(*x));

	if (x == NULL) {
		(void)seki_err_nomem(err);
		return NULL;
	}
	x->opt = opt;
	x->schema = schema;
	if ((x->template = seki_name_new(opt->name, err)) != NULL &&
	    seki_name_bind(x->template, schema, err) == 0 &&
	    (x->twins = seki_twins_new(err)) != NULL &&
	    seki_twins_reserve(x->twins, SEKI_EXPORT_LIST, err) == 0 &&
	    (x->list = seki_export_list_new(schema, err)) != NULL &&
	    (x->folder = seki_folder_open(opt->attachments,
		 opt->mode == 0 ? 0600 : opt->mode, err)) != NULL)
		return x;
	seki_export_named_free(x);
	return NULL;
}

void
seki_export_named_free(struct seki_export_named *x)
{
	if (x == NULL)
		return;
	seki_name_free(x->template);
	seki_twins_free(x->twins);
	seki_folder_free(x->folder);
	seki_export_list_free(x->list);
	seki_name_filled_free(&x->filled);
	seki_buf_free(&x->path);
	seki_buf_free(&x->label);
	free(x);
}

static int
label(struct seki_export_named *x, const struct seki_name_file *f,
    struct seki_err *err)
{
	const struct seki_field *list =
	    f->table != NULL ? f->table->sub : x->schema->field;

	seki_buf_reset(&x->label);
	return seki_schema_label(
	    x->schema, f->table, (size_t)(f->field - list), &x->label, err);
}

int
seki_export_named_copy(struct seki_in *in, struct seki_out *out,
    const char *want, struct seki_err *err)
{
	unsigned char *buf = malloc(SEKI_CHUNK), sum[SEKI_SHA256];
	struct seki_sha256 sha;
	char found[SEKI_HEX];
	ssize_t n = -1;

	if (buf == NULL || seki_sha256_init(&sha, err) == -1) {
		free(buf);
		return seki_err_nomem(err);
	}
	while ((n = seki_in_read(in, buf, SEKI_CHUNK, err)) > 0) {
		seki_sha256_add(&sha, buf, (size_t)n);
		if (out != NULL &&
		    seki_out_write(out, buf, (size_t)n, err) == -1)
			break;
	}
	seki_sha256_end(&sha, sum);
	seki_sha256_free(&sha);
	free(buf);
	if (n != 0)
		return -1;
	seki_text_hex(sum, sizeof(sum), found);
	return strcmp(found, want) == 0
		   ? 0
		   : seki_fail(err, SEKI_DIGEST, "%s",
			 _("the attachment's file is damaged"));
}

/* Under the name in the folder that nobody sees yet. */
static int
store(struct seki_export_named *x, const char *name, struct seki_in *in,
    const char *hex, struct seki_err *err)
{
	int fd = seki_folder_file(x->folder, name, err), r = -1;
	struct seki_out *out =
	    fd == -1 ? NULL : seki_out_fd(fd, x->opt->attachments, err);

	if (out != NULL && seki_export_named_copy(in, out, hex, err) == 0)
		r = seki_out_commit(out, err);
	else
		seki_out_abort(out);
	if (fd != -1)
		(void)close(fd);
	return r;
}

int
seki_export_named_put(struct seki_export_named *x,
    const struct seki_name_file *f, const struct seki_item *item, int held,
    struct seki_in *in, const char *hex, struct seki_err *err)
{
	struct seki_export_list_row row = {
		.file = f, .item = item, .held = held
	};

	if (label(x, f, err) == -1)
		return -1;
	row.label = x->label.p;
	if (in == NULL)
		x->left++;
	else if (x->files == SEKI_NAMES_MAX)
		return seki_fail(err, SEKI_LIMIT, "%s",
		    _("more than a million files in one export"));
	else if (seki_name_fill(x->template, f, x->label.p, &x->filled, err) ==
		     -1 ||
		 seki_twins_give(x->twins, &x->filled, &x->path, err) == -1 ||
		 store(x, x->path.p, in, hex, err) == -1)
		return -1;
	else {
		x->files++;
		row.path = x->path.p;
		row.flags = x->filled.flags;
	}
	return seki_export_list_put(x->list, &row, err);
}

static int
list(struct seki_export_named *x, const struct seki_exported *done,
    struct seki_err *err)
{
	char from[2 * SEKI_STREAM_MAX + 128], root[SEKI_HEX];
	const struct seki_export_list_of of = { .template = x->opt->name,
		.from = from,
		.root = root,
		.records = done->records + done->held - done->absent,
		.files = x->files,
		.left = x->left };
	int fd = seki_folder_file(x->folder, SEKI_EXPORT_LIST, err), r = -1;
	struct seki_out *out =
	    fd == -1 ? NULL : seki_out_fd(fd, SEKI_EXPORT_LIST, err);

	(void)snprintf(from, sizeof(from),
	    done->local ? "ローカルストリーム %s、第 %llu 回"
			: "ストリーム %s、通番 %llu（世代 %llu）",
	    x->opt->stream, (unsigned long long)done->seq,
	    (unsigned long long)done->epoch);
	seki_text_hex(done->root, SEKI_SHA256, root);
	if (out != NULL && seki_export_list_save(x->list, &of, out, err) == 0)
		r = seki_out_commit(out, err);
	else
		seki_out_abort(out);
	if (fd != -1)
		(void)close(fd);
	return r;
}

int
seki_export_named_end(struct seki_export_named *x,
    const struct seki_exported *done, struct seki_err *err)
{
	if (list(x, done, err) == -1)
		return -1;
	if (seki_folder_commit(
		x->folder, SEKI_EXPORT_LIST, x->files + 1, err) == 0)
		return 0;
	if (seki_folder_clash(x->folder)[0] != '\0')
		seki_export_list_place(
		    x->list, seki_folder_clash(x->folder), err);
	return -1;
}
