// The same as bench_xlsx.c with exceljs's streaming writer:
// node bench_exceljs.mjs MODULES CELLS FILE.xlsx
import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(process.argv[2] + "/");
const Excel = require("exceljs");
const book = new Excel.stream.xlsx.WorkbookWriter({
	filename: process.argv[4], useStyles: true, useSharedStrings: false });
let sheet, n = 0, row = [], rest = "";
for await (const chunk of createReadStream(process.argv[3], "utf8")) {
	const cells = (rest + chunk).split("\0");
	rest = cells.pop();
	for (const c of cells) {
		if (c !== "\x01") {
			row.push(c === "" ? null : c[0] === "n" ? Number(c.slice(1))
				: c.slice(1));
			continue;
		}
		if (!sheet || n === 65000) {
			sheet?.commit();
			sheet = book.addWorksheet(`s${book.worksheets?.length ?? n}`);
			n = 0;
		}
		sheet.addRow(row).commit();
		n++;
		row = [];
	}
}
sheet.commit();
await book.commit();
