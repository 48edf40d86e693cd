#!/bin/sh
# The whole road on this machine: a cloud record server, the internet side, the
# closed side; then what must be refused.  make demo runs it; BIN is the folder
# of the tools.  Everything happens in one new folder, which is left to look at.
set -eu
HERE=$(cd "$(dirname "$0")" && pwd)
BIN=${BIN:-$HERE/../build/bin}
RECORDS=${RECORDS:-2000}
PATH=$BIN:$PATH
export PATH

case ${LANGUAGE:-${LC_ALL:-${LC_MESSAGES:-${LANG:-}}}} in
'' | C | C.* | POSIX | ja*) ja=1 ;;
*) ja= ;;
esac
# say JAPANESE ENGLISH
say() {
	if [ -n "$ja" ]; then printf '%s\n' "$1"; else printf '%s\n' "$2"; fi
}

dir=$(mktemp -d "${TMPDIR:-/tmp}/seki-demo.XXXXXX")
net=$dir/internet
lgwan=$dir/lgwan
mkdir -m 700 "$net" "$lgwan"
pids=
finish() {
	status=$?
	for p in $pids; do
		kill "$p" 2>/dev/null || :
		wait "$p" 2>/dev/null || :
	done
	[ $status -eq 0 ] || say "デモは途中で止まりました（$status）: $dir" \
	    "the demo stopped ($status): $dir" >&2
}
trap finish EXIT
trap 'exit 130' INT TERM

# serve PORT OPTION…: the record server; its address comes to the file url.
serve() {
	port=$1
	shift
	rm -f url
	seki-cloud --listen "localhost:$port" --generate "soudan:$RECORDS" \
	    --seed 1 --token-file token "$@" >url &
	cloud=$!
	pids=$cloud
	i=0
	until [ -s url ]; do
		i=$((i + 1))
		[ $i -lt 300 ] || exit 69
		sleep 0.1
	done
}

now() { date +%s%N; }
size_of() { wc -c <"$1" | tr -d ' '; }
# The first root and count in the last line: a stream's STATE, a JSON result.
root_of() {
	tail -n 1 "$1" | grep -o '"root":"[0-9a-f]*"' | head -n 1 | cut -d'"' -f4
}
count_of() {
	tail -n 1 "$1" | grep -o '"records":[0-9]*' | head -n 1 | cut -d: -f2
}
# row NAME RESULT FILE BEGUN: what a step made, how long it took.
row() {
	printf '  %-15s %6s %9s %6s ms  %s\n' "$1" "$(count_of "$2")" \
	    "$(size_of "$3")" $((($(now) - $4) / 1000000)) "$(root_of "$2")"
}
# refused STATUS REASON COMMAND…: must end with that status and reason.
refused() {
	want=$1
	reason=$2
	shift 2
	got=0
	"$@" >/dev/null 2>"$dir/err" || got=$?
	sed 's/^/    /' "$dir/err"
	if [ "$got" -ne "$want" ] || ! grep -q ": $reason: " "$dir/err"; then
		say "    期待した答えは $want ($reason)、実際は $got" \
		    "    expected $want ($reason), got $got"
		exit 1
	fi
	rm -f "$dir/err"
}
pack() {
	seki-pack --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media --title "学校相談" -q "$@"
}
import() {
	seki-import --trust trust --audience lgwan-1 --store town.db "$@"
}

say "関（Seki）デモ: 学校相談アプリ $RECORDS 件" \
    "Seki demo: a school-consultation app, $RECORDS records"
cd "$net"
serve 0
url=$(head -n 1 url)
say "クラウド役のサーバー: $url" "the cloud's stand-in: $url"

# Two persons compare the digits when the closed side accepts the trust file.
seki-key init --trust trust --org 012041 --host inet-1 >keys.txt
digits=$(seki-key fingerprint --trust trust)
(cd "$lgwan" && seki-key accept --trust trust --digits "$digits" \
    "$net/trust" >/dev/null)
say "指紋（2人で読み合わせる数字）: $digits" \
    "fingerprint (two persons compare it): $digits"
echo
say "  工程              件数    バイト      時間  内容ハッシュ" \
    "  step            records    bytes      time  content root"
t=$(now)
seki-pull --base-url "$url" --app 1 --token-file token --stream soudan \
    -q >raw.jsonl
row seki-pull raw.jsonl raw.jsonl "$t"
t=$(now)
seki-normalize --rules "$HERE/soudan.csv" -q <raw.jsonl >clean.jsonl
row seki-normalize clean.jsonl clean.jsonl "$t"
clean=$(root_of clean.jsonl)
t=$(now)
pack -o soudan-1.zip <clean.jsonl >state.json
row seki-pack state.json soudan-1.zip "$t"

cp soudan-1.zip "$lgwan/" # the stick
cd "$lgwan"
t=$(now)
seki-verify --trust trust --audience lgwan-1 --json -q soudan-1.zip >verify.json
row seki-verify verify.json soudan-1.zip "$t"
t=$(now)
import --json -q soudan-1.zip >import.json
row seki-import import.json town.db "$t"
t=$(now)
seki-export --store town.db --stream soudan --format stream -q >back.jsonl
row seki-export back.jsonl back.jsonl "$t"
seki-export --store town.db --stream soudan --format csv --people -q >soudan.csv
echo
for f in verify.json import.json back.jsonl "$net/state.json"; do
	[ -n "$clean" ] && [ "$(root_of "$f")" = "$clean" ] || {
		say "内容ハッシュが一致しません: $f" "the roots differ: $f"
		exit 1
	}
done
say "ストリーム、バンドル（記録とブックの両方）、データベースの内容ハッシュは同じ 1 つの数です。" \
    "Stream, bundle (records and workbook) and database: one and the same root."

echo
say "ここからは、断られなければならないもの。" "Now what must be refused."
say "1. 1 バイト書き換えたバンドル" "1. a bundle with one byte changed"
cp soudan-1.zip flipped.zip
at=$(($(size_of flipped.zip) - 100000))
byte=$(od -An -tu1 -j$at -N1 flipped.zip | tr -d ' ')
# shellcheck disable=SC2059
printf "\\$(printf %o $(((byte + 1) % 256)))" |
    dd of=flipped.zip bs=1 seek=$at conv=notrunc status=none
refused 1 digest seki-verify --trust trust --audience lgwan-1 flipped.zip

cd "$net"
say "2. 途中で 1 件失われたストリーム" "2. a stream that lost a record on the way"
sed 100d clean.jsonl >lost.jsonl
refused 1 content sh -c 'exec "$0" "$@" <lost.jsonl' seki-pack --trust trust \
    --key inet-1.key --state sent --audience lgwan-1 --carrier media -q \
    -o lost.zip
[ ! -e lost.zip ]

say "3. 取得の途中で止められた seki-pull" "3. a pull killed in the middle"
kill "$cloud"
wait "$cloud" || :
serve "${url##*:}" --delay 400 # the same service, but slow
cat >cut.sh <<'EOF'
{
	seki-pull --base-url "$(head -n 1 url)" --app 1 \
	    --token-file token --stream soudan -q -j 1 &
	echo $! >pull.pid
	wait $!
} 2>/dev/null | seki-normalize --rules "$1" -q 2>/dev/null |
    seki-pack --trust trust --key inet-1.key --state sent -q \
	--audience lgwan-1 --carrier media -o cut.zip
EOF
(sleep 2.6 && kill -9 "$(cat pull.pid)") 2>/dev/null &
killer=$!
refused 65 cut sh cut.sh "$HERE/soudan.csv"
wait $killer 2>/dev/null || :
[ ! -e cut.zip ]
rm -f cut.sh pull.pid

say "4. 同じバンドルをもう一度（害はない）、新しいもののあとの古いもの（断る）" \
    "4. the same bundle again (harmless), an old one after a newer (refused)"
for n in 2 3; do
	pack -o "soudan-$n.zip" <clean.jsonl >/dev/null
	cp "soudan-$n.zip" "$lgwan/"
done
cd "$lgwan"
import soudan-1.zip | sed 's/^/    /'
import -q soudan-3.zip >/dev/null
refused 1 replay import soudan-2.zip

seki-export --store town.db --stream soudan --format stream -q >back.jsonl
[ "$(root_of back.jsonl)" = "$clean" ]
echo
say "断ったあとも、データベースの内容ハッシュは変わっていません。" \
    "After all that was refused the database still has the same root."
say "残したフォルダー: $dir" "the folder left to look at: $dir"
if command -v unzip >/dev/null 2>&1; then
	unzip -q -o soudan-1.zip view/records.xlsx
	say "  Excel で開くブック: $lgwan/view/records.xlsx" \
	    "  workbook to open: $lgwan/view/records.xlsx"
else
	say "  Excel で開くブック: $lgwan/soudan-1.zip の中の view/records.xlsx" \
	    "  workbook to open: view/records.xlsx in $lgwan/soudan-1.zip"
fi
say "  CSV: $lgwan/soudan.csv、データベース: $lgwan/town.db" \
    "  CSV: $lgwan/soudan.csv, database: $lgwan/town.db"
