#!/bin/sh
# Speed and memory of each tool, for 10,000 and 100,000 records of 40 fields,
# beside the official command line when npm is there; of seki-normalize and
# seki-read for 1,000 and 100,000, and of the relay's workbook for 100,000, beside
# what else does such work.  One run,
# one table: times are hyperfine's means, memory is the process's peak.  Compare
# ratios, not seconds: machines differ and drift.
#   SECTIONS="road normalize read relay" SIZES="10000 100000" RUNS=3 BIN=… BUILD=…
#   tests/bench.sh
set -eu
TOP=$(cd "$(dirname "$0")/.." && pwd)
BUILD=${BUILD:-$TOP/build}
BIN=${BIN:-$BUILD/bin}
SIZES=${SIZES:-10000 100000}
SECTIONS=${SECTIONS:-road normalize read relay}
FEW=${FEW:-1000}
MANY=${MANY:-100000}
RUNS=${RUNS:-3}
PATH=$BIN:$PATH
export PATH LC_ALL=C.UTF-8 LANGUAGE=en
work=$(mktemp -d "${TMPDIR:-/tmp}/seki-bench.XXXXXX")
pid=
finish() {
	[ -z "$pid" ] || { kill "$pid" 2>/dev/null && wait "$pid" || :; }
	rm -rf "$work"
}
trap finish EXIT
trap 'exit 130' INT TERM
cd "$work"

node=$(command -v node) || node=
[ -n "$node" ] || echo "bench: no node: left out"
cli=
# Debian's openpyxl is Debian's python3's.
python=
for p in python3 /usr/bin/python3; do
	if [ -z "$python" ] && "$p" -c "import openpyxl" 2>/dev/null; then
		python=$p
	fi
done
[ -n "$python" ] || echo "bench: no openpyxl: left out"
case $SECTIONS in *road*) cli=$("$TOP/tests/official_cli.sh" "$BUILD" 2>/dev/null) || cli=
	[ -n "$cli" ] ||
	    echo "bench: no official command line (npm needed): left out" ;;
esac

printf '%-28s %9s %8s %10s %8s %9s\n' step records s records/s MB/s "peak MB"
# bench NAME RECORDS BYTES COMMAND: one row; remembers the time in t_NAME
bench() {
	hyperfine -N --style none --warmup 0 --runs "$RUNS" \
	    --prepare "$prepare" --export-json hf.json "sh -c '$4'" >/dev/null
	s=$(jq '.results[0].mean' hf.json)
	sh -c "$prepare"
	kb=$(python3 "$TOP/tests/peak.py" sh -c "$4")
	awk -v n="$1" -v r="$2" -v b="$3" -v s="$s" -v kb="$kb" 'BEGIN {
		printf "%-28s %9d %8.2f %10.0f %8.1f %9.1f\n", n, r, s, r / s,
		    b / s / 1e6, kb / 1024 }'
	eval "t_$(echo "$1" | tr -c 'a-z0-9\n' _)=$s"
}

# server RECORDS OPTION...: sets pid and url.
server() {
	rm -f url
	n=$1
	shift
	seki-cloud --listen localhost:0 --generate "kifu:$n" --seed 1 \
	    --token-file token "$@" >url 2>/dev/null &
	pid=$!
	until [ -s url ]; do sleep 0.2; done
	url=$(cat url)
}
no_server() {
	kill "$pid"
	wait "$pid" 2>/dev/null || :
	pid=
}

# The road, and the official command line over the same records.
road() {
	n=$1
	rm -rf ./*
	server "$n"
	token=$(sed 's/^[0-9]*://' token)
	pull="seki-pull -q --base-url $url --app 1 --token-file token --stream kifu"
	$pull >raw.jsonl
	seki-normalize --init <raw.jsonl >kifu.csv
	seki-normalize -q --rules kifu.csv <raw.jsonl >clean.jsonl
	seki-key init --trust trust --org 012041 --host inet-1 >/dev/null
	raw=$(wc -c <raw.jsonl)
	pack="seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o b.zip"
	prepare=true
	if [ -n "$cli" ]; then
		bench cli_export "$n" "$raw" "$cli record export \
		    --base-url $url --app 1 --api-token $token >cli.csv"
	fi
	bench pull "$n" "$raw" "$pull >raw2.jsonl"
	bench normalize "$n" "$raw" \
	    "seki-normalize -q --rules kifu.csv <raw.jsonl >c.jsonl"
	prepare='rm -rf sent b.zip'
	bench pack "$n" "$raw" "$pack <clean.jsonl >/dev/null"
	bench pull_normalize_pack "$n" "$raw" "$pull | \
	    seki-normalize -q --rules kifu.csv | $pack >/dev/null"
	prepare=true
	bench verify "$n" "$raw" \
	    "seki-verify -q --trust trust --audience lgwan-1 b.zip >/dev/null"
	prepare='rm -f t.db t.db-journal'
	bench import "$n" "$raw" "seki-import -q --trust trust \
	    --audience lgwan-1 --store t.db b.zip >/dev/null"
	prepare=true
	bench export_csv "$n" "$raw" \
	    "seki-export -q --store t.db --stream kifu --format csv >e.csv"
	[ -z "$cli" ] || awk -v n="$n" -v c="$t_cli_export" -v p="$t_pull" \
	    -v r="$t_pull_normalize_pack" -v i="$t_import" 'BEGIN {
		printf "%d records: pull is %.1f x as fast as cli-kintone", n, c / p
		printf " record export; the road (pull | normalize | pack, "
		printf "then import) takes %.2f x its time\n", (r + i) / c }'
	no_server
	# The same from far away.
	server "$n" --delay 30
	pull="seki-pull -q --base-url $url --app 1 --token-file token --stream kifu"
	[ -z "$cli" ] || bench cli_export_30_ms "$n" "$raw" "$cli record export \
	    --base-url $url --app 1 --api-token $token >cli.csv"
	bench pull_30_ms "$n" "$raw" "$pull >raw2.jsonl"
	[ -z "$cli" ] || awk -v n="$n" -v c="$t_cli_export_30_ms" \
	    -v p="$t_pull_30_ms" 'BEGIN { printf "%d records, 30 ms an answer: ", n
		printf "pull is %.1f x as fast as cli-kintone record export\n",
		    c / p }'
	no_server
}

# seki-normalize with a rule on every field, beside what a hand would write and
# beside jq, which changes nothing.
normalize() {
	n=$1
	rm -rf ./*
	server "$n"
	seki-pull -q --base-url "$url" --app 1 --token-file token \
	    --stream kifu >raw.jsonl
	no_server
	seki-normalize --init <raw.jsonl | sed \
	    -e '/^受付時刻,/s/,keep,/,time,/; /^メール,/s/,keep,/,email,/' \
	    -e '/^差引額,/s/,keep,/,number,/; /日時,/s/,keep,/,datetime,/' \
	    -e '/^使い道,\|^支払方法,\|^確認URL,/s/,keep,/,text,/' >all.csv
	raw=$(wc -c <raw.jsonl)
	prepare=true
	bench normalize "$n" "$raw" \
	    "seki-normalize -q --rules all.csv <raw.jsonl >clean.jsonl"
	[ -z "$node" ] || bench node_nfkc "$n" "$raw" \
	    "$node $TOP/tests/bench_nfkc.mjs <raw.jsonl >node.jsonl"
	bench jq_c "$n" "$raw" "jq -c . <raw.jsonl >jq.jsonl"
	awk -v n="$n" -v s="$t_normalize" -v k="${t_node_nfkc:-0}" \
	    -v j="$t_jq_c" 'BEGIN { printf "%d records: normalize is", n
		if (k > 0) printf " %.1f x as fast as NFKC in Node and", k / s
		printf " %.1f x as fast as jq -c .\n", j / s }'
}

# seki-read of a workbook, beside bare expat over the same parts, and openpyxl.
read_book() {
	n=$1
	rm -rf ./*
	python3 "$TOP/tests/mkbook.py" t.xlsx "$n" 40
	size=$(unzip -p t.xlsx xl/worksheets/sheet1.xml xl/sharedStrings.xml |
	    wc -c)
	prepare=true
	bench read "$n" "$size" "seki-read -q --stream t t.xlsx >t.jsonl"
	bench bare_expat "$n" "$size" "$BUILD/bench_expat t.xlsx \
	    xl/sharedStrings.xml xl/worksheets/sheet1.xml >count"
	[ -z "$python" ] || bench openpyxl_read_only "$n" "$size" \
	    "$python $TOP/tests/bench_openpyxl.py t.xlsx >count 2>&1"
	awk -v n="$n" -v s="$t_read" -v e="$t_bare_expat" \
	    -v o="${t_openpyxl_read_only:-0}" 'BEGIN {
		printf "%d records: read takes %.2f x the time of bare ", n, s / e
		printf "expat"
		if (o > 0) printf " and is %.1f x as fast as openpyxl", o / s
		print "" }'
}

# The workbook for a relay: made, beside programs that only write the same
# cells; verified, beside one that only reads it.
relay() {
	n=$1
	rm -rf ./*
	server "$n"
	seki-pull -q --base-url "$url" --app 1 --token-file token \
	    --stream kifu >raw.jsonl
	no_server
	python3 "$TOP/tests/bench_cells.py" raw.jsonl >cells
	raw=$(wc -c <raw.jsonl)
	seki-key init --relay --trust trust --org 012041 --host inet-1 >/dev/null
	prepare='rm -rf sent r.xlsx x.xlsx y.xlsx z.xlsx'
	bench pack_relay "$n" "$raw" "seki-pack -q --trust trust \
	    --key inet-1.key --state sent --audience lgwan-1 --carrier relay \
	    -o r.xlsx raw.jsonl >state"
	bench libxlsxwriter "$n" "$raw" "$BUILD/bench_xlsx cells x.xlsx"
	"$python" -c "import xlsxwriter" 2>/dev/null &&
	    bench xlsxwriter_py "$n" "$raw" "$python \
	    $TOP/tests/bench_xlsxwriter.py cells y.xlsx"
	modules=
	[ -z "$node" ] || modules=$(npm_modules exceljs) || modules=
	[ -z "$modules" ] || bench exceljs_stream "$n" "$raw" \
	    "$node $TOP/tests/bench_exceljs.mjs $modules cells z.xlsx"
	rm -rf sent
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier relay -o k.xlsx raw.jsonl >state
	prepare=true
	bench verify_relay "$n" "$raw" \
	    "seki-verify -q --trust trust --audience lgwan-1 k.xlsx >out"
	[ -z "$python" ] || bench openpyxl_reads_it "$n" "$raw" \
	    "$python $TOP/tests/bench_openpyxl.py k.xlsx >count 2>&1"
	awk -v n="$n" -v p="$t_pack_relay" -v l="$t_libxlsxwriter" \
	    -v x="${t_xlsxwriter_py:-0}" -v e="${t_exceljs_stream:-0}" \
	    -v v="$t_verify_relay" -v o="${t_openpyxl_reads_it:-0}" 'BEGIN {
		printf "%d records: pack for a relay takes %.2f x the time of ", n,
		    p / l
		printf "libxlsxwriter alone"
		if (x > 0) printf ", is %.1f x as fast as XlsxWriter", x / p
		if (e > 0) printf " and %.1f x as exceljs", e / p
		if (o > 0) printf "; verify is %.1f x as fast as openpyxl " \
		    "reading it", o / v
		print "" }'
}

# A package of npm's in the build folder: where its modules are.
npm_modules() {
	dir=$BUILD/npm-$1
	[ -d "$dir/node_modules/$1" ] || npm install --silent --no-audit \
	    --no-fund --prefix "$dir" "$1" >/dev/null 2>&1 || return 1
	echo "$dir/node_modules"
}

for section in $SECTIONS; do
	case $section in
	road) for n in $SIZES; do road "$n"; done ;;
	normalize) for n in $FEW $MANY; do normalize "$n"; done ;;
	read) for n in $FEW $MANY; do read_book "$n"; done ;;
	relay) relay "$MANY" ;;
	*) echo "bench: no section $section" >&2; exit 64 ;;
	esac
done
hyperfine -N --style none --warmup 3 --runs 50 --export-json hf.json \
    'seki-verify --version' >/dev/null
jq -r '"start-up of seki-verify: \(.results[0].mean * 1000 * 10 | round / 10) ms"' hf.json
