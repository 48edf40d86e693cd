// rewrite.js MODULES PROGRAM IN.xlsx OUT.xlsx: opened and saved by exceljs,
// xlsx (SheetJS) or xlsx-populate of the folder MODULES.
const [modules, program, from, to] = process.argv.slice(2);
const lib = require(modules + '/' + program);
const by = {
	async exceljs() {
		const b = new lib.Workbook();
		await b.xlsx.readFile(from);
		await b.xlsx.writeFile(to);
	},
	async xlsx() {
		lib.writeFile(lib.readFile(from), to, { compression: true });
	},
	async 'xlsx-populate'() {
		const b = await lib.fromFileAsync(from);
		// It saves what it did not look at as it was.
		for (const s of b.sheets()) {
			const r = s.usedRange();
			if (r)
				r.forEach(c => c.value(c.value()));
		}
		await b.toFileAsync(to);
	},
};
by[program]().catch(e => {
	console.error(e);
	process.exit(1);
});
