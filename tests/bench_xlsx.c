/*
 * The cells of bench_cells.py as a workbook by libxlsxwriter alone, with the
 * least memory: no proof, no cover, no signature.  bench.sh measures seki-pack
 * beside it.
 *   bench_xlsx CELLS FILE.xlsx
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <xlsxwriter.h>

/* Rows of a sheet, as seki-pack has them. */
#define ROWS 65000

int
main(int argc, char **argv)
{
	static char here[] = ".";
	lxw_workbook_options opt = { .constant_memory = LXW_TRUE,
		.tmpdir = here };
	FILE *in = argc == 3 ? fopen(argv[1], "rb") : NULL;
	lxw_workbook *book;
	lxw_worksheet *sheet = NULL;
	lxw_format *text;
	lxw_row_t row = 0;
	lxw_col_t col = 0;
	char *cell = NULL;
	size_t size = 0;

	if (in == NULL || (book = workbook_new_opt(argv[2], &opt)) == NULL)
		return 1;
	text = workbook_add_format(book);
	format_set_num_format(text, "@");
	while (getdelim(&cell, &size, '\0', in) > 0) {
		if (sheet == NULL || row == ROWS) {
			sheet = workbook_add_worksheet(book, NULL);
			row = 0;
		}
		if (cell[0] == '\1') {
			row++;
			col = 0;
			continue;
		}
		if (cell[0] == 'n')
			worksheet_write_number(
			    sheet, row, col, strtod(cell + 1, NULL), NULL);
		else if (cell[0] == 's')
			worksheet_write_string(sheet, row, col, cell + 1, text);
		col++;
	}
	free(cell);
	(void)fclose(in);
	return workbook_close(book) == LXW_NO_ERROR ? 0 : 1;
}
