#!/usr/bin/env bats
# The second implementation of PARTS in seki-bundle(5), seki-verify(1) and
# seki-import(1) look at the same sets: published ones, some that were packed
# now, and some with one thing wrong.
load helper

DATA=$TOP/tests/data/parts
RESIGN="python3 $TOP/tests/resign.py"

setup_file() {
	export GOOD=$BATS_FILE_TMPDIR
	cd "$GOOD" || return 1
	two_sides
	parts spool >clear.jsonl
	pack c.zip --attachments spool --max-size 38K clear.jsonl
	pack w.zip --attachments spool clear.jsonl
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cp -R "$GOOD"/. .
}

parts() {
	python3 "$TOP/tests/mkparts.py" "$@"
}

judge() {
	python3 "$TOP/tests/judge_parts.py" "$@"
}

# pack OUTPUT OPTION… STREAM
pack() {
	seki-pack -q --trust trust --key inet-1.key --state "${STATE:-sent.$1}" \
	    --audience lgwan-1 --title 分割 --class 機密性2 -o "$@" >state.json
}

# root STREAM: by the implementation that knows nothing of bundles.
root() {
	python3 "$TOP/tests/judge_root.py" "$1"
}

# whole JUDGED: its root and counts, as root says them.
whole() {
	awk '$1 == "whole" { print $3, $5, $7, $9 }' "$1"
}

# What seki-verify says of parts and whole, as the judge does.
as_judge() {
	jq -r 'if .part > 0 and .parts > 1 then "part \(.part)/\(.parts)" else "whole" end +
	    " root \(.root) records \(.records) held \(.held) deleted " +
	    "\(.deleted)", if .part > 0 and .parts > 1 then empty else
	    "manifest \(.manifest)" end'
}

# agree STREAM PART…: verify, import and judge say the same, and that it is the
# stream.  KEY opens encrypted parts; AT is when.
agree() {
	local want key=()
	want=$(root "$1")
	shift
	[ -z "${KEY:-}" ] || key=(--key "$KEY")
	run -0 --separate-stderr judge "${TRUST:-trust}" "$@" "${key[@]}"
	echo "$output" >judged
	run -0 --separate-stderr ${AT:+faketime "$AT"} seki-verify -q --json \
	    --trust "${TRUST:-trust}" --audience lgwan-1 "${key[@]}" "$@"
	as_judge <<<"$output" >verified
	diff verified <(sed 's/ files .*//' judged)
	[ "$(whole judged)" = "$want" ]
	run -0 --separate-stderr ${AT:+faketime "$AT"} seki-import -q --json \
	    --trust "${TRUST:-trust}" --audience lgwan-1 --store town.db \
	    "${key[@]}" "$@"
	[ "$(jq -r '.reason, .root, .records, .held, .deleted' <<<"$output" |
	    xargs)" = "ok $want" ]
	[ "$(jq -r '"manifest " + .manifest' <<<"$output")" = \
	    "$(grep ^manifest judged)" ]
}

# refused WORD PART…: by import, by the judge, and, unless ALONE says that each
# part is good, by verify; WORD is the reason, and with ANY=1 the tools' own,
# where the page gives none.
refused() {
	local word=$1 key=()
	shift
	[ -z "${KEY:-}" ] || key=(--key "$KEY")
	rm -rf town.db*
	run --separate-stderr seki-import -q --trust trust \
	    --audience lgwan-1 --store town.db "${key[@]}" "$@"
	[ "$status" -ne 0 ] || { echo "import takes it"; false; }
	[[ $stderr == *": $word: "* ]] || { echo "import: $stderr"; false; }
	[ ! -e town.db ] ||
	    [ -z "$(sqlite3 town.db 'SELECT 1 FROM seki_bundle')" ]
	run --separate-stderr seki-verify -q --trust trust \
	    --audience lgwan-1 "${key[@]}" "$@"
	if [ -n "${ALONE:-}" ]; then
		[ "$status" -eq 0 ] || { echo "verify: $stderr"; false; }
	else
		[ "$status" -ne 0 ] || { echo "verify takes it"; false; }
		[[ $stderr == *": $word: "* ]] ||
		    { echo "verify: $stderr"; false; }
	fi
	run --separate-stderr judge trust "$@" "${key[@]}"
	[ "$status" -eq 1 ] || { echo "judge takes it: $stderr"; false; }
	[[ $stderr == "judge_parts: "* ]] || { echo "judge: $stderr"; false; }
	[[ -n "${ANY:-}" || $stderr == *": $word: "* ]] ||
	    { echo "judge: $stderr"; false; }
}

# changed OPTION…: part 2 with a change, signed anew, is 2.zip; a workbook that
# would tell of it is left out.
changed() {
	$RESIGN c-2of3.zip inet-1.key 2.zip --drop view/records.xlsx "$@"
}

@test "the published sets: what the judge says, and what the tools say" {
	judge "$DATA/trust" "$DATA"/clear-*.zip >clear.txt
	diff clear.txt "$DATA/clear.txt"
	judge "$DATA/trust" "$DATA"/sealed-*.zip --key "$DATA/lgwan-1.key" \
	    >sealed.txt
	diff sealed.txt "$DATA/sealed.txt"
	for s in clear sealed; do
		[ "$(sha256sum <"$DATA/$s.json" | cut -c1-64)" = \
		    "$(sed -n 's/^manifest //p' $s.txt)" ]
		for n in 1 2 3; do
			unzip -p "$DATA/$s-${n}of3.zip" whole/manifest.json |
			    cmp - "$DATA/$s.json"
		done
	done
	parts -s fuutou -w 250 -a 6000,7000 spool2 >sealed.jsonl
	[ "$(root sealed.jsonl)" = \
	    "$(whole sealed.txt)" ]
	command -v faketime >/dev/null || skip "no faketime"
	export TZ=UTC
	cp -R "$DATA" data
	chmod 600 data/lgwan-1.key
	TRUST=data/trust AT="2026-04-02 00:00:00" agree clear.jsonl \
	    data/clear-*.zip
	rm -rf town.db*
	KEY=data/lgwan-1.key TRUST=data/trust AT="2026-04-02 00:00:00" \
	    agree sealed.jsonl data/sealed-*.zip
}

@test "media in the clear: all agree, and the stream comes back" {
	agree clear.jsonl c-*.zip
	[ "$(grep -c ^part judged)" -eq 3 ]
	# In any order, and again.
	judge trust c-3of3.zip c-1of3.zip c-2of3.zip | diff - judged
	judge trust c-*.zip --stream again.jsonl >/dev/null
	[ "$(root again.jsonl)" = "$(root clear.jsonl)" ]
	diff <(grep -v SCHEMA again.jsonl) <(grep -v SCHEMA clear.jsonl |
	    sed 's/"from":{[^}]*},//')
	# Alone each is a bundle.
	for f in c-*.zip; do
		python3 "$TOP/tests/judge_bundle.py" "$f" trust
		python3 "$TOP/tests/judge_view.py" "$f" | grep -q ' 0 differ$'
	done
	# The same records, packed whole, are the same content.
	[ "$(unzip -p w.zip manifest.json | jq -r .content.root)" = \
	    "$(root clear.jsonl | cut -d' ' -f1)" ]
}

# relay: both carriers are allowed from now on.
relay() {
	seki-key carriers --trust trust --root-key p-0001.key --stream '*' \
	    --carrier media,relay >/dev/null
}

@test "a relay's workbooks, as sent and as another program saves them" {
	relay
	parts -a 0 -w 3000 spool2 >plain.jsonl
	pack r.xlsx --carrier relay --max-size 60K plain.jsonl
	agree plain.jsonl r-*.xlsx
	[ "$(grep -c ^part judged)" -ge 2 ]
	for f in r-*.xlsx; do
		python3 "$TOP/tests/judge_relay.py" "$f" trust
	done
	if /usr/bin/python3 -c 'import openpyxl' 2>/dev/null; then
		/usr/bin/python3 -c 'import openpyxl, sys
for name in sys.argv[1:]:
    openpyxl.load_workbook(name).save(name)' r-*.xlsx
		judge trust r-*.xlsx | diff - judged
		rm -rf town.db*
		agree plain.jsonl r-*.xlsx
	fi
}

@test "a relay's workbooks with attachments" {
	relay
	parts -a 30000,20000 spool2 >att.jsonl
	pack a.zip --carrier relay --attachments spool2 --max-size 60K att.jsonl
	judge trust a-*.zip >judged
	[ "$(whole judged)" = \
	    "$(root att.jsonl)" ]
	# The first file goes with the first record and with the last.
	grep "^part" judged | grep -c "files 1$" | grep -qx 3
	mkdir f
	(cd f && unzip -q ../a-1of*.zip)
	judge trust f $(ls a-*.zip | tail -n +2) | diff - judged
	seki-verify -q --trust trust --audience lgwan-1 a-*.zip >/dev/null
	agree att.jsonl a-*.zip
}

@test "one whole, cut twice: either set, and not some of each" {
	relay
	parts -a 0 -w 3000 spool2 >plain.jsonl
	STATE=sent pack m.zip --max-size 100K plain.jsonl
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --stream bunkatsu --reissue 1 --carrier relay --max-size 50K \
	    -o n.xlsx >/dev/null
	agree plain.jsonl m-*.zip
	judge trust n-*.xlsx >reissued
	diff <(grep -v ^part reissued) <(grep -v ^part judged)
	diff <(grep -c ^part reissued) <(grep -c ^part judged)
	! diff -q reissued judged || false
	rm -rf town.db*
	agree plain.jsonl n-*.xlsx
	ALONE=1 ANY=1 refused gap m-1of3.zip n-2of3.xlsx n-3of3.xlsx
	# Who gets both, whatever the order, has each.
	run -0 --separate-stderr seki-import -q --trust trust \
	    --audience lgwan-1 --store both.db m-1of3.zip n-1of3.xlsx \
	    n-2of3.xlsx m-2of3.zip m-3of3.zip n-3of3.xlsx
	[[ $output == *": ok: "*": already: "* ]]
}

@test "encrypted: the true root of each part and of the whole" {
	seki-key recipient --host lgwan-1 -o l.key --json >made
	seki-key add --trust trust --root-key p-0001.key --certificate l.pem \
	    --owner lgwan-1 --role decrypt --stream '*' \
	    --digits "$(jq -r .digits made)" >/dev/null
	pack s.zip --attachments spool --max-size 44K clear.jsonl
	KEY=l.key agree clear.jsonl s-*.zip
	for f in s-*.zip; do
		python3 "$TOP/tests/judge_bundle.py" "$f" trust l.key
	done
	# Without a key the whole cannot be judged.
	run ! judge trust s-*.zip
	# The same random bytes, and the whole's root, in every one.
	for n in 1 2 3; do
		python3 "$TOP/tests/sealed.py" open s-${n}of3.zip \
		    data/records.cms l.key in.zip
		unzip -p in.zip root >root.$n
		[ "$(stat -c %s root.$n)" -eq 96 ]
		[ "$(tail -c 32 root.$n | xxd -p -c 32)" = \
		    "$(root clear.jsonl | cut -d' ' -f1)" ]
		cmp -n 32 root.1 root.$n
	done
	# A clear part does not make one of an encrypted set whole.
	run ! judge trust s-1of3.zip s-2of3.zip c-3of3.zip --key l.key
	# blinded AT SIZE: part 2 with another bit, and another size, of root.
	blinded() {
		cp root.2 bad
		python3 "$TOP/tests/sealed.py" flip bad "$1"
		truncate -s "$2" bad
		unzip -p in.zip data/records.jsonl >in.jsonl
		python3 "$TOP/tests/sealed.py" zip x.zip root=bad \
		    data/records.jsonl=in.jsonl pad
		python3 "$TOP/tests/sealed.py" make x.zip x.cms l.pem
		$RESIGN s-2of3.zip inet-1.key 2.zip --drop view/records.cms \
		    --file data/records.cms=x.cms --set "content.root=\"$( (
		    printf '\003'; head -c 64 bad) | sha256sum | cut -c1-64)\""
	}
	python3 "$TOP/tests/sealed.py" open s-2of3.zip data/records.cms l.key \
	    in.zip
	KEY=l.key
	for change in "0 96" "40 96" "95 96"; do
		blinded $change
		refused content s-1of3.zip 2.zip s-3of3.zip
	done
	blinded 95 64
	ANY=1 refused zip s-1of3.zip 2.zip s-3of3.zip
}

@test "a recorded approval is about the whole, in the clear and encrypted" {
	local code
	seki-pack -q --trust trust --key inet-1.key --state sent.p \
	    --audience lgwan-1 --title 分割 --class 機密性2 --attachments spool \
	    --approval-page page.xlsx --json clear.jsonl >/dev/null 2>page.json
	code=$(jq -r 'select(.approval_code).approval_code' page.json)
	[ -n "$code" ]
	pack p.zip --attachments spool --max-size 38K \
	    --approved "決裁1:山田:$code" clear.jsonl
	agree clear.jsonl p-*.zip
	[ "$(unzip -p p-1of3.zip whole/manifest.json | jq -r .approval.code)" = \
	    "$code" ]
	[ "$(unzip -p p-1of3.zip manifest.json | jq -r .approval.code)" = "" ]
	for n in 1 2 3; do
		$RESIGN p-${n}of3.zip inet-1.key $n.zip \
		    --drop view/records.xlsx --whole \
		    'approval.code="00000-00000-00000-00000"'
	done
	ANY=1 refused policy 1.zip 2.zip 3.zip
	rm -rf town.db*
	seki-key recipient --host lgwan-1 -o l.key --json >made
	seki-key add --trust trust --root-key p-0001.key --certificate l.pem \
	    --owner lgwan-1 --role decrypt --stream '*' \
	    --digits "$(jq -r .digits made)" >/dev/null
	pack q.zip --attachments spool --max-size 44K \
	    --approved "決裁1:山田:$code" clear.jsonl
	KEY=l.key agree clear.jsonl q-*.zip
	for n in 1 2 3; do
		$RESIGN q-${n}of3.zip inet-1.key $n.zip \
		    --drop view/records.cms --whole \
		    "approval.code=\"$(printf %064d 0)\""
	done
	ANY=1 KEY=l.key refused policy 1.zip 2.zip 3.zip
}

@test "a delta with deletions follows the whole, not a part" {
	parts -a 0 -w 1500 spool2 >full.jsonl
	STATE=sent pack 1.zip --max-size 60K full.jsonl
	agree full.jsonl 1-*.zip
	first=$(sed -n 's/^manifest //p' judged)
	tail -1 state.json >full.state
	parts -a 0 -w 1600 -b full.state spool2 >delta.jsonl
	STATE=sent pack 2.zip --max-size 60K delta.jsonl
	[ "$(ls 2-*.zip | wc -l)" -ge 2 ]
	agree delta.jsonl 2-*.zip
	[[ "$(grep ^whole judged)" == *" held 1 deleted 2" ]]
	for f in 2-*.zip; do
		[ "$(unzip -p "$f" manifest.json | jq -r '.kind, .prev' |
		    xargs)" = "delta $first" ]
	done
}

@test "a missing one, one of another set, one that comes twice" {
	STATE=sent pack d.zip --attachments spool --max-size 38K \
	    --expires 9 clear.jsonl
	[ "$(ls d-*.zip | wc -l)" -eq 3 ]
	ALONE=1 refused gap c-1of3.zip c-3of3.zip
	ALONE=1 refused gap c-1of3.zip d-2of3.zip c-3of3.zip
	# A part twice is no harm to the tools; the judge wants just the set.
	run ! judge trust c-1of3.zip c-2of3.zip c-2of3.zip c-3of3.zip
}

@test "what lies beside a part: its whole" {
	unzip -p c-2of3.zip whole/manifest.json >whole.json
	python3 "$TOP/tests/sealed.py" flip whole.json 200
	changed --file whole/manifest.json=whole.json
	refused digest c-1of3.zip 2.zip c-3of3.zip
	changed --drop whole/manifest.json
	refused digest c-1of3.zip 2.zip c-3of3.zip
	n=$(unzip -Z1 c-2of3.zip | grep 'whole/.*p7s')
	changed --drop "$n"
	ANY=1 refused threshold c-1of3.zip 2.zip c-3of3.zip
	unzip -p c-2of3.zip 'sig/*' >sig.p7s
	changed --file "$n=sig.p7s"
	ANY=1 refused signature c-1of3.zip 2.zip c-3of3.zip
	# Beside a bundle that is no part.
	$RESIGN w.zip inet-1.key w2.zip
	python3 - <<-'EOF'
		import zipfile
		with zipfile.ZipFile("w2.zip", "a") as z, \
		        zipfile.ZipFile("c-1of3.zip") as c:
		    i = zipfile.ZipInfo("whole/manifest.json",
		                        (1980, 1, 1, 0, 0, 0))
		    z.writestr(i, c.read("whole/manifest.json"))
	EOF
	run ! seki-verify -q --trust trust --audience lgwan-1 w2.zip
	run ! python3 "$TOP/tests/judge_bundle.py" w2.zip trust
	# Compressed.
	python3 - <<-'EOF'
		import zipfile
		with zipfile.ZipFile("c-2of3.zip") as a, \
		        zipfile.ZipFile("2.zip", "w") as b:
		    for i in a.infolist():
		        d = a.read(i)
		        if i.filename == "whole/manifest.json":
		            i.compress_type = 8
		        b.writestr(i, d)
	EOF
	ANY=1 refused zip c-1of3.zip 2.zip c-3of3.zip
}

@test "every member that must be the whole's" {
	local change
	for change in 'audience="lgwan-2"' 'kind="delta"' 'epoch=2' 'seq=2' \
	    'created="2026-01-01T00:00:00Z"' \
	    'not_before="2026-01-01T00:00:00Z"' \
	    'next_by="2036-01-01T00:00:00Z"' 'title="x"' 'purpose="x"' \
	    'class="x"' 'period="x"' 'schema.id="x"' 'source.total=7' \
	    'source.id_max="7"' "rules=\"$(printf %064d 0)\"" 'test=true' \
	    'approval.kind="signed"' 'approval.number="x"' \
	    'approval.code="x"' 'notes.approver="x"' 'content.records=12' \
	    'content.deletes=1' 'held=2' 'org="131041"' 'part.of=100'; do
		changed --set "$change"
		run ! seki-import -q --trust trust --audience lgwan-1 \
		    --store town.db c-1of3.zip 2.zip c-3of3.zip
		run ! seki-verify -q --trust trust --audience lgwan-1 2.zip
		run ! judge trust c-1of3.zip 2.zip c-3of3.zip
		[ "$status" -eq 1 ]
	done
	# And some that need not be.
	for change in 'expires="2036-01-01T00:00:00Z"' 'notes.contact="x"' \
	    'scan.result="suspect"'; do
		rm -rf town.db*
		changed --set "$change"
		seki-import -q --trust trust --audience lgwan-1 \
		    --store town.db c-1of3.zip 2.zip c-3of3.zip
		judge trust c-1of3.zip 2.zip c-3of3.zip
	done
}

@test "counts beyond the whole's" {
	for n in 1 2 3; do
		$RESIGN c-${n}of3.zip inet-1.key $n.zip \
		    --drop view/records.xlsx --whole content.records=3
	done
	refused manifest 1.zip 2.zip 3.zip
	changed --set held=9
	refused manifest c-1of3.zip 2.zip c-3of3.zip
}

@test "pieces that are swapped, or another whole's" {
	for n in 1 2 3; do
		$RESIGN c-${n}of3.zip inet-1.key $n.zip \
		    --drop view/records.xlsx
	done
	agree clear.jsonl 1.zip 2.zip 3.zip
	$RESIGN c-1of3.zip inet-1.key 1.zip --drop view/records.xlsx \
	    --set part.n=2
	changed --set part.n=1
	refused manifest 1.zip 2.zip c-3of3.zip
	for change in content.records=12 held=2; do
		for n in 1 2 3; do
			$RESIGN c-${n}of3.zip inet-1.key $n.zip \
			    --drop view/records.xlsx --whole "$change"
		done
		refused manifest 1.zip 2.zip 3.zip
	done
	# Only together it shows.
	for change in "content.root=\"$(printf %064d 0)\"" files.0.size=1; do
		for n in 1 2 3; do
			$RESIGN c-${n}of3.zip inet-1.key $n.zip \
			    --drop view/records.xlsx --whole "$change"
		done
		refused content 1.zip 2.zip 3.zip
	done
}

# state SED: part 2 with another STATE.
state() {
	unzip -p c-2of3.zip data/records.jsonl | sed "$1" >records.jsonl
	changed --file data/records.jsonl=records.jsonl
}

@test "a STATE that is not a piece's" {
	state '$s/"kind":"part"/"kind":"full"/'
	ANY=1 refused content c-1of3.zip 2.zip c-3of3.zip
	state '$s/"kind":"part"/"kind":"delta"/'
	ANY=1 refused content c-1of3.zip 2.zip c-3of3.zip
	state '$s/"total":13/"total":14/'
	refused source c-1of3.zip 2.zip c-3of3.zip
	state '$s/"root":"./"root":"g/'
	ANY=1 refused record c-1of3.zip 2.zip c-3of3.zip
	# What the tools do not look at.
	state '$s/"bookmarks":{}/"bookmarks":{"seen":["1:1"]}/'
	run ! judge trust c-1of3.zip 2.zip c-3of3.zip
	state '$s/"rules"/"from":{"records":4,"held":0,"deleted":0,"root":"'\
"$(printf %064d 0)"'","dropped":0},"rules"/'
	run ! judge trust c-1of3.zip 2.zip c-3of3.zip
	state '1s/"source":{/"source":{"files":[],/'
	run ! judge trust c-1of3.zip 2.zip c-3of3.zip
	# The word is for parts alone.
	unzip -p w.zip data/records.jsonl |
	    sed '$s/"kind":"full"/"kind":"part"/' >records.jsonl
	$RESIGN w.zip inet-1.key w2.zip --drop view/records.xlsx \
	    --file data/records.jsonl=records.jsonl
	run ! seki-verify -q --trust trust --audience lgwan-1 w2.zip
	run ! python3 "$TOP/tests/judge_bundle.py" w2.zip trust
}

@test "a part that signs for more than a host prepares, or for nobody" {
	$RESIGN c-2of3.zip p-0001.key 2.zip --as approve
	ANY=1 refused threshold c-1of3.zip 2.zip c-3of3.zip
	seki-key init --trust other --org 012041 --host inet-2 \
	    --keys "$(mkdir -m 700 k && echo k)" >/dev/null
	$RESIGN c-2of3.zip k/inet-2.key 2.zip
	ANY=1 refused signature c-1of3.zip 2.zip c-3of3.zip
}

# signed ROLE KEY BUNDLE FROM TO: BUNDLE with one more signature, TO, over its
# entry FROM.
signed() {
	python3 - "$@" <<-'EOF'
		import os, sys, zipfile
		sys.path.insert(0, os.environ["TOP"] + "/tests")
		import resign
		role, key, name, of, to = sys.argv[1:]
		with zipfile.ZipFile(name) as z:
		    sig = resign.sign(key, role, z.read(of))
		i = zipfile.ZipInfo(to, (1980, 1, 1, 0, 0, 0))
		i.external_attr = 0o100600 << 16
		with zipfile.ZipFile(name, "a") as z:
		    z.writestr(i, sig)
	EOF
}

@test "the stream's rules for signatures are about the whole and each part" {
	python3 - <<-'EOF'
		import glob, json, os, sys
		sys.path.insert(0, os.environ["TOP"] + "/tests")
		import judge_bundle, resign
		resign.OIDS.update((p, o) for o, p in judge_bundle.OIDS.items())
		doc = json.load(open("trust/1.json"))
		doc["streams"]["*"]["approve"] = 1
		data = judge_bundle.write(doc).encode()
		open("trust/1.json", "wb").write(data)
		open(glob.glob("trust/*.p7s")[0], "wb").write(
		    resign.sign("p-0001.key", "trust", data))
	EOF
	refused threshold c-*.zip
	for n in 1 2 3; do
		signed approve p-0001.key c-${n}of3.zip manifest.json \
		    sig/approve.0123456789abcdef.p7s
	done
	# An approver of parts approved no whole.
	refused threshold c-*.zip
	for n in 1 2 3; do
		signed approve p-0001.key c-${n}of3.zip whole/manifest.json \
		    whole/approve.0123456789abcdef.p7s
	done
	agree clear.jsonl c-*.zip
	# Nor did an approver of the whole approve what who prepares makes of it.
	for n in 1 2 3; do
		$RESIGN c-${n}of3.zip inet-1.key $n.zip
	done
	refused threshold [123].zip
}
