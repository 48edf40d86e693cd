// What a careful hand would write in an hour: every string of every line in
// NFKC.  No rules, no proof, no check.  bench.sh measures seki-normalize
// beside it.
import { createInterface } from "node:readline";
const nfkc = (key, v) => (typeof v === "string" ? v.normalize("NFKC") : v);
const out = process.stdout;
for await (const line of createInterface({ input: process.stdin }))
	if (!out.write(JSON.stringify(JSON.parse(line), nfkc) + "\n"))
		await new Promise((go) => out.once("drain", go));
