# A form that changed: stopped, accepted once by a person, followed by the store.

load helper

setup() {
	cd "$BATS_TEST_TMPDIR"
	two_sides
	umask 077
}
teardown() {
	stop_all
}

mk() {
	"$TOP/tests/mkform.py" "$@"
}

step() {
	"$TOP/tests/mkform.py" --step "$@"
}

# pack OUTPUT [OPTION...]: the stream comes on stdin.
pack() {
	local out=$1
	shift
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o "$out" "$@" >state.out
}

import() {
	seki-import --trust trust --audience lgwan-1 --store town.db "$@"
}

sql() {
	sqlite3 "${2:-town.db}" "$1"
}

export_stream() {
	seki-export -q --store town.db --stream soudan --format stream
}

root_of() {
	tail -1 "$1" | jq -r .value.complete.root
}

# follows BUNDLE STREAM: it is taken, and gives back the stream's root.
follows() {
	run --separate-stderr import "$1"
	[ "$status" -eq 0 ] || { echo "$1: $stderr"; false; }
	export_stream >back.jsonl
	[ "$(root_of back.jsonl)" = "$(root_of "$2")" ]
	python3 "$TOP/tests/judge_root.py" back.jsonl >/dev/null
	[ "$(sql 'PRAGMA integrity_check')" = ok ]
}

# refused BUNDLE TEXT: 78 schema, and the store is what it was.
refused() {
	cp town.db before.db
	run --separate-stderr import "$1"
	[ "$status" -eq 78 ] || { echo "$1: $status $stderr"; false; }
	[[ $stderr == *": schema: "*"$2"* ]] || { echo "$stderr"; false; }
	[[ $stderr == *"--accept-form 'NAME'"* ]] || { echo "$stderr"; false; }
	local said=${stderr#seki-import: }
	# seki-verify --store says it before anybody imports.
	run --separate-stderr seki-verify -q --trust trust --audience lgwan-1 \
	    --store town.db "$1"
	[ "$status" -eq 78 ]
	[ "${stderr#seki-verify: }" = "$said" ] || { echo "$stderr"; false; }
	cmp town.db before.db
}

F0='件名 電話 年齢:NUMBER 家族(氏名,続柄) メモ'
R0=('1 {"件名":"a","電話":"1","年齢":"5","家族":[{"氏名":"x","続柄":"父"}]}'
    '2 {"件名":"b","電話":"2"}' '3 {"件名":"c"}')

@test "fields go on, begin and end; values that go are in the history" {
	mk "$F0" "${R0[@]}" | pack 1.zip
	import 1.zip
	mk '件名 保護者電話 家族(名前,続柄,電話2) メモ 年齢 新:DATE' \
	    -A "$(step '山田 太郎' "$F0" 電話=保護者電話 家族.氏名=家族.名前 \
		-年齢 +年齢 +新 +家族.電話2)" \
	    '1 {"件名":"a","保護者電話":"1","家族":[{"名前":"x","続柄":"父"}]}' \
	    '2 {"件名":"b","保護者電話":"9"}' '3 {"件名":"c"}' >2.jsonl
	pack 2.zip <2.jsonl
	follows 2.zip 2.jsonl
	[[ $output == *"3 records, 0 held (0 new, 1 changed, 0 removed, 2 as before)"* ]]
	[[ $stderr == *"accepted by 山田 太郎, 2026-11-20 10:00: 電話=保護者電話 家族.氏名=家族.名前 -年齢 +家族.電話2, 年齢, 新"* ]]
	[[ $stderr == *"1 records had values in fields that are no more"* ]]
	[ "$(sql 'SELECT 件名, 保護者電話, 年齢 IS NULL, 新 IS NULL FROM soudan' |
	    xargs)" = "a|1|1|1 b|9|1|1 c||1|1" ]
	[ "$(sql 'SELECT 名前, 続柄, 電話2 IS NULL FROM "soudan_家族"')" = "x|父|1" ]
	# One version had a value that ended, one changed; each is there once,
	# in the form that it had, and can be read by either code.
	[ "$(sql "SELECT seki_key, json_extract(record, '\$.年齢'),
	    coalesce(json_extract(record, '\$.保護者電話'),
	    json_extract(record, '\$.電話')) FROM soudan_history" |
	    xargs)" = "1|5|1 2||2" ]
	[ "$(sql "SELECT json_extract(message,
	    '\$.schema.\"x-seki\".accepted[0].continues.電話') FROM seki_schema
	    WHERE message LIKE '%accepted%'")" = 保護者電話 ]
	# People's view has the new labels, the ledger who it was.
	sql 'SELECT 保護者電話, 新 FROM "soudan_表示"' >/dev/null
	! sql 'SELECT 電話 FROM "soudan_表示"' 2>/dev/null || false
	[ "$(sql "SELECT json_extract(entry, '\$.form_accepted') FROM
	    seki_ledger ORDER BY n DESC LIMIT 1")" = \
	    "山田 太郎, 2026-11-20 10:00: 電話=保護者電話 家族.氏名=家族.名前 -年齢 +家族.電話2, 年齢, 新" ]
	# And on it goes, with that chain in every stream from then on.
	mk '件名 保護者電話 家族(名前,続柄,電話2) メモ 年齢 新:DATE' \
	    -A "$(step '山田 太郎' "$F0" 電話=保護者電話 家族.氏名=家族.名前 \
		-年齢 +年齢 +新 +家族.電話2)" \
	    '1 {"件名":"a","保護者電話":"3","年齢":"古","新":"2026-11-20"}' >3.jsonl
	pack 3.zip <3.jsonl
	follows 3.zip 3.jsonl
	[[ $stderr != *"accepted by"* ]]
	[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 5 ]
	seki-export -q --store town.db --stream soudan --format csv >out.csv
	[[ "$(head -1 out.csv)" == *保護者電話*年齢,新* ]]
}

@test "a store that lags several steps follows them at once" {
	local f1='件名 携帯 家族(氏名) 甲' f2='件名 連絡先:MULTI_LINE_TEXT 家族(氏名) 甲'
	mk '件名 電話 家族(氏名)' '1 {"件名":"a","電話":"1","家族":[{"氏名":"x"}]}' \
	    '2 {"件名":"b","電話":"2"}' >1.jsonl
	pack 1.zip <1.jsonl
	import 1.zip
	local s1 s2 s3
	s1=$(step 甲野 '件名 電話 家族(氏名)' 電話=携帯 +甲)
	s2=$(step 乙野 "$f1" 携帯=連絡先)
	s3=$(step '' "$f2" +乙)
	mk "$f2 乙" -A "$s1" -A "$s2" -A "$s3" \
	    '1 {"件名":"a","連絡先":"1","家族":[{"氏名":"x"}]}' \
	    '2 {"件名":"b","連絡先":"2"}' >4.jsonl
	# The bundles between never came.
	pack 4.zip <4.jsonl
	follows 4.zip 4.jsonl
	[[ $output == *"0 changed, 0 removed, 2 as before"* ]]
	[ "$(sql "SELECT count(*) FROM seki_ledger WHERE entry LIKE
	    '%甲野, 2026%乙野, 2026%-, 2026-11-20 10:00: +乙%'")" -eq 1 ]
	[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 0 ]
	# What is known of a change does not do for another one.
	mk '件名 携帯電話 家族(氏名) 甲 乙' -A "$s1" -A "$s2" -A "$s3" \
	    '1 {"件名":"a"}' | pack 5.zip
	refused 5.zip "gone: 連絡先; new: 携帯電話"
	[[ $stderr == *": 5.zip: schema: "* ]]
	[[ $stderr == *"the bundle that was imported here last, seq 2, which is in the sender's outbox"* ]]
}

@test "what nobody accepted is refused before the first write" {
	mk '件名 電話 家族(氏名)' '1 {"件名":"a"}' | pack 1.zip
	import 1.zip
	local n=2 text form steps
	# FORM|STEPS, a step being BY FORM CHANGE...|MESSAGE
	while IFS='|' read -r form steps text; do
		local a=() s
		while read -r s; do
			[ -z "$s" ] || a+=(-A "$(eval "step $s")")
		done < <(tr ';' '\n' <<<"$steps")
		mk "$form" "${a[@]}" '1 {"件名":"a"}' >s.jsonl ||
		    { echo "$form $steps"; false; }
		rm -rf sent2
		cp -r sent sent2
		seki-pack -q --trust trust --key inet-1.key --state sent2 \
		    --audience lgwan-1 --carrier media -o "$n.zip" \
		    <s.jsonl >/dev/null
		refused "$n.zip" "$text"
		n=$((n + 1))
	done <<-'END'
		件名 電話 家族(氏名) 新||another: new: 新
		件名 家族(氏名)||another: gone: 電話
		件名 電話:NUMBER 家族(氏名)||changed: 電話 (type NUMBER where SINGLE_LINE_TEXT was)
		件名 電話 家族(氏名,年齢)||another: new: 家族.年齢
		件名 保護者 家族(氏名)|山田 '件名 電話1 家族(氏名)' 電話1=保護者|gone: 電話; new: 保護者
		件名 保護者 家族(氏名)|'' '件名 電話 家族(氏名)' 電話=保護者|without a person
		件名 家族(氏名)|'' '件名 電話 家族(氏名)' -電話|without a person
		件名 保護者 家族(氏名)|山田 '件名 電話 家族(氏名)' -電話|new field that nobody accepted
		件名 電話 家族(氏名)  新|山田 '件名 電話 家族(氏名)' -電話 +新|a new field that nobody accepted
		件名 家族(氏名)|山田 '件名 電話 家族(氏名)' +新|the field is gone
		件名 保護者:NUMBER 家族(氏名)|山田 '件名 電話 家族(氏名)' 電話=保護者|type NUMBER where SINGLE_LINE_TEXT was
		件名 電話:NUMBER 家族(氏名) 新|山田 '件名 電話 家族(氏名)' +新|type NUMBER where SINGLE_LINE_TEXT was
		件名 電話 家族(氏名) 新|山田 '件名 電話 家族(氏名)' +新 +電話|adds a field that is there
		件名 電話 家族(氏名) 新|山田 '件名 電話 家族(氏名)' 番地=新|continues a field that is not there
		件名 家族(氏名,電話)|山田 '件名 電話 家族(氏名)' 電話=家族.電話|in another table
		件名 電話 家族(氏名) 新|山田 '件名 電話 家族(氏名)' -番地 +新|ends a field that is not there
	END
	[ "$n" -eq 18 ]
	[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 0 ]
}

@test "a chain that no writer writes is no stream" {
	local f='件名 電話 家族(氏名)' g='件名 携帯 家族(氏名)' s good n=0
	good=$(step 山田 "$f" 電話=携帯)
	mk "$g" -A "$good" '1 {"件名":"a"}' >good.jsonl
	seki-show good.jsonl >/dev/null
	while read -r s; do
		jq -c --argjson long "\"$(printf 'a%.0s' {1..257})\"" \
		    "if .type == \"SCHEMA\" then
			.schema.\"x-seki\".accepted |= ($s) else . end" \
		    good.jsonl >bad.jsonl
		run --separate-stderr seki-show bad.jsonl
		[ "$status" -eq 65 ] || { echo "$s: $status $output"; false; }
		[[ $stderr == *"accepted"* ]] || { echo "$s: $stderr"; false; }
		[[ $stderr != *$'\u202e'* ]]
		n=$((n + 1))
	done <<-'END'
		"x"
		[]
		.[0]
		[range(17) as $i | .[0]]
		[1]
		.[0].by = 1
		del(.[0].by)
		.[0].more = 1
		.[0].by = "a\u0007b"
		.[0].by = "a\u202eb"
		.[0].by = $long
		.[0].by = " a"
		.[0].at = "yesterday"
		.[0].revision = "7a"
		.[0].from = "00"
		.[0].continues = []
		.[0].continues = {"電話": 1}
		.[0].continues = {"電話": ""}
		.[0].continues = {"": "携帯"}
		.[0].continues = {"a.b.c": "携帯"}
		.[0].continues = {"電話": "携\n帯"}
		.[0].continues = {"電話": "携帯", "FAX": "携帯"}
		.[0].continues = {"電話": "携帯", "携帯": "電話"}
		.[0].continues = {"電話": "携帯", "携帯": "PHS"}
		.[0].ended = ["電話"]
		.[0].added = ["携帯"]
		.[0].ended = ["い", "あ"]
		.[0].ended = ["あ", "あ"]
		.[0].ended = [1]
		.[0].added = "x"
		.[0].continues = {}
		.[0].added = [range(513) | tostring] | .[0].added |= sort
	END
	[ "$n" -eq 32 ]
}

@test "labels and order need nobody" {
	mk "$F0" "${R0[@]}" | pack 1.zip
	import 1.zip
	mk '家族(続柄,氏名) 年齢:NUMBER メモ::備考 電話 件名' "${R0[@]}" >2.jsonl
	pack 2.zip <2.jsonl
	follows 2.zip 2.jsonl
	[[ $output == *"0 changed, 0 removed, 3 as before"* ]]
	[ "$(sql 'SELECT 備考 IS NULL FROM "soudan_表示" LIMIT 1')" = 1 ]
	[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 0 ]
}

@test "whole tables go on, begin and end" {
	local f='件名 家族(氏名,続柄) 資産(品目,額:NUMBER)'
	mk "$f" '1 {"家族":[{"氏名":"x","続柄":"父"},{"氏名":"y"}],"資産":[{"品目":"車","額":"3"}]}' \
	    '2 {"家族":[{"氏名":"z"}]}' | pack 1.zip
	import 1.zip
	sql 'CREATE VIEW mine AS SELECT 氏名 FROM "soudan_家族"'
	mk '件名 世帯(氏名) 相談(日:DATE,内容)' \
	    -A "$(step 山田 "$f" 家族=世帯 -家族.続柄 -資産 +相談)" \
	    '1 {"世帯":[{"氏名":"x"},{"氏名":"y"}],"相談":[{"日":"2026-01-01","内容":"初"}]}' \
	    '2 {"世帯":[{"氏名":"z"}]}' >2.jsonl
	pack 2.zip <2.jsonl
	# The view names a column that stays, of a table that gets another name.
	follows 2.zip 2.jsonl
	[[ $output == *"1 changed, 0 removed, 1 as before"* ]]
	sql 'SELECT * FROM mine'
	[ "$(sql 'SELECT * FROM mine ORDER BY 1' | xargs)" = "x y z" ]
	[ "$(sql "SELECT name FROM sqlite_schema WHERE type = 'table' AND
	    name LIKE 'soudan%' ORDER BY 1" | xargs)" = \
	    "soudan soudan_history soudan_世帯 soudan_相談" ]
	[ "$(sql "SELECT field, name, view FROM seki_table ORDER BY field" |
	    xargs)" = "|soudan|soudan_表示 世帯|soudan_世帯|soudan_世帯_表示 相談|soudan_相談|soudan_相談_表示" ]
	[ "$(sql "SELECT json_extract(record, '\$.家族[0].続柄'),
	    json_extract(record, '\$.資産[0].額') FROM soudan_history")" = "父|3" ]
	sql 'SELECT * FROM "soudan_世帯_表示"' >/dev/null
	# The code of one that ended, for something else.
	mk '件名 世帯 資産(額:NUMBER)' \
	    -A "$(step 山田 '件名 世帯(氏名) 相談(日:DATE,内容)' -世帯 +世帯 -相談 +資産)" \
	    '1 {"世帯":"単身"}' >3.jsonl
	sql 'DROP VIEW mine'
	pack 3.zip <3.jsonl
	follows 3.zip 3.jsonl
	[ "$(sql 'SELECT 世帯 FROM soudan')" = 単身 ]
}

@test "codes that SQL takes for one, and codes that change places" {
	mk 'tel 甲 乙' '1 {"tel":"1","甲":"k","乙":"o"}' | pack 1.zip
	import 1.zip
	mk 'tel TEL 乙 丙' -A "$(step 山田 'tel 甲 乙' 甲=丙 +TEL)" \
	    '1 {"tel":"1","丙":"k","乙":"o"}' >2.jsonl
	pack 2.zip <2.jsonl
	follows 2.zip 2.jsonl
	[ "$(sql 'SELECT tel, TEL_2 IS NULL, 丙, 乙 FROM soudan')" = "1|1|k|o" ]
	# Two steps that a lagging store takes as one: 丙 and 乙 swap codes.
	mk 'tel TEL 丙 乙' \
	    -A "$(step 山田 'tel TEL 乙 丙' 丙=仮)" \
	    -A "$(step 山田 'tel TEL 乙 仮' 乙=丙)" \
	    -A "$(step 山田 'tel TEL 丙 仮' 仮=乙)" \
	    '1 {"tel":"1","乙":"k","丙":"o"}' >3.jsonl
	pack 3.zip <3.jsonl
	follows 3.zip 3.jsonl
	head -1 back.jsonl | jq -e '.schema."x-seki".accepted | length == 3'
	[[ $(seki-show 3.zip) == *"山田, 2026-11-20 10:00: 丙=仮"* ]]
	# The same codes and types: nothing tells such a form from the old one.
	[ "$(sql 'SELECT 乙, 丙 FROM soudan')" = "k|o" ]
	mk 'tel TEL seki_leaf rowid' \
	    -A "$(step 山田 'tel TEL 丙 乙' 丙=seki_leaf 乙=rowid)" \
	    '1 {"tel":"1","rowid":"k","seki_leaf":"o"}' >4.jsonl
	pack 4.zip <4.jsonl
	follows 4.zip 4.jsonl
	[ "$(sql 'SELECT seki_leaf_2, rowid_2 FROM soudan')" = "o|k" ]
}

@test "the last good version of a held record evolves, too" {
	mk "$F0" "${R0[@]}" | pack 1.zip
	import 1.zip
	mk "$F0" '1!late' '2 {"件名":"b","電話":"2"}' '3 {"件名":"c"}' | pack 2.zip
	import 2.zip
	local s
	s=$(step 山田 "$F0" 電話=携帯 -年齢 -家族)
	mk '件名 携帯 メモ' -A "$s" '1!late' '3 {"件名":"c"}' >3.jsonl
	pack 3.zip <3.jsonl
	follows 3.zip 3.jsonl
	[ "$(sql 'SELECT "$id", 携帯, seki_held FROM soudan' | xargs)" = \
	    "1|1|1 3||0" ]
	[ "$(sql "SELECT seki_key, json_extract(record, '\$.年齢') FROM
	    soudan_history ORDER BY n" | xargs)" = "1|5 2|" ]
	# Good again: the version that lost its age is in the history once.
	mk '件名 携帯 メモ' -A "$s" '1 {"件名":"A","携帯":"1"}' \
	    '3 {"件名":"c"}' >4.jsonl
	pack 4.zip <4.jsonl
	follows 4.zip 4.jsonl
	[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 3 ]
}

@test "a record that loses a value and goes in the same bundle" {
	mk "$F0" "${R0[@]}" | pack 1.zip
	import 1.zip
	mk '件名 電話 家族(氏名,続柄) メモ' -A "$(step 山田 "$F0" -年齢)" \
	    '3 {"件名":"c"}' >2.jsonl
	pack 2.zip <2.jsonl
	follows 2.zip 2.jsonl
	[ "$(sql "SELECT seki_key, json_extract(record, '\$.年齢') FROM
	    soudan_history ORDER BY n" | xargs)" = "1|5 2|" ]
	# By hand into the history: still seen.
	sql "UPDATE soudan_history SET record = replace(record, '5', '6')"
	mk '件名 電話 家族(氏名,続柄) メモ' -A "$(step 山田 "$F0" -年齢)" \
	    '3 {"件名":"d"}' | pack 3.zip
	run --separate-stderr import 3.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": content: "* ]]
}

@test "somebody's view or index on a field that ends is named" {
	mk "$F0" "${R0[@]}" | pack 1.zip
	import 1.zip
	sql 'CREATE VIEW ages AS SELECT 年齢 FROM soudan'
	mk '件名 電話 家族(氏名,続柄) メモ' -A "$(step 山田 "$F0" -年齢)" \
	    '3 {"件名":"c"}' >2.jsonl
	pack 2.zip <2.jsonl
	cp town.db before.db
	run --separate-stderr import 2.zip
	[ "$status" -eq 78 ]
	[[ $stderr == *": schema: "*"ages"* ]]
	[ "$(sql 'SELECT count(*) FROM seki_bundle')" -eq 1 ]
	export_stream >/dev/null
	sql 'DROP VIEW ages; CREATE INDEX by_age ON soudan (年齢)'
	run --separate-stderr import 2.zip
	[ "$status" -eq 78 ]
	[[ $stderr == *by_age* ]]
	sql 'DROP INDEX by_age; CREATE INDEX by_tel ON soudan (電話)'
	follows 2.zip 2.jsonl
}

@test "killed at each call that changes files while the form changes" {
	local n was=137
	mk "$F0" "${R0[@]}" | pack 1.zip
	import 1.zip
	mv town.db good.db
	mk '件名 携帯 世帯(氏名) 新' \
	    -A "$(step 山田 "$F0" 電話=携帯 家族=世帯 -家族.続柄 -年齢 -メモ +新)" \
	    '1 {"件名":"a","携帯":"1","世帯":[{"氏名":"x"}]}' '2 {"件名":"B"}' \
	    '4 {"件名":"d"}' >2.jsonl
	pack 2.zip <2.jsonl
	for ((n = 1; was == 137; n++)); do
		rm -f town.db*
		install -m 600 good.db town.db
		was=0
		python3 "$TOP/tests/killat.py" $n "$BIN/seki-import" \
		    --trust trust --audience lgwan-1 --store town.db 2.zip \
		    >/dev/null 2>&1 || was=$?
		[ "$was" -eq 0 ] || [ "$was" -eq 137 ]
		# Before or after, and whole.
		export_stream >back.jsonl
		follows 2.zip 2.jsonl
		[ "$(sql 'SELECT count(*) FROM soudan_history')" -eq 3 ]
	done
	[ "$n" -gt 20 ]
}

@test "an exported stream brings the chain to a third store" {
	mk "$F0" "${R0[@]}" | pack 1.zip
	import 1.zip
	cp -p town.db third.db
	mk '件名 携帯 年齢:NUMBER 家族(氏名,続柄) メモ' \
	    -A "$(step 山田 "$F0" 電話=携帯)" '1 {"件名":"a","携帯":"1"}' >2.jsonl
	pack 2.zip <2.jsonl
	follows 2.zip 2.jsonl
	export_stream >back.jsonl
	head -1 back.jsonl | jq -e '.schema."x-seki".accepted[0].by == "山田"'
	# Only some fields are another form, which nobody accepted.
	seki-export -q --store town.db --stream soudan --format stream \
	    --fields 件名 >part.jsonl
	head -1 part.jsonl | jq -e '.schema."x-seki" | has("accepted") | not'
	mv third.db town.db
	seki-pack -q --stream soudan --state sent --withdraw 2 >state.out
	pack 3.zip <back.jsonl
	follows 3.zip 2.jsonl
}

# The cloud's side.

# cloud FORM MODIFIER RECORD...: always at one address.
cloud() {
	stop_all
	rm -rf app
	python3 "$TOP/tests/mkapp.py" app "$@"
	if [ -z "${ADDRESS:-}" ]; then
		# It is started again there: no port that is given to others.
		start_cloud --listen "localhost:$((20000 + RANDOM % 12000))" \
		    --load app --token-file token
		ADDRESS=$URL
	else
		start_there
	fi
}

start_there() {
	local i
	for i in $(seq 50); do
		seki-cloud --listen "${ADDRESS#http://}" --load app \
		    --token-file token >there 2>there.err 3>&- &
		PIDS="$PIDS $!"
		sleep 0.2
		kill -0 "$!" 2>/dev/null && [ -s there ] && return 0
	done
	cat there.err >&2
	return 1
}

pull() {
	seki-pull --base-url "$ADDRESS" --app 1 --token-file token \
	    --stream soudan --bookmarks marks "$@"
}

# keep FILE: what seki-pack would store of the stream.
keep() {
	tail -1 "$1" | jq -c .value >marks
}

G0='件名 電話::電話番号 家族(氏名,続柄) メモ'
G1='件名 保護者電話::電話番号 家族(名前::氏名,続柄) 新:DATE'
Q0=('1 {"件名":"a","電話":"03-1234-5678","家族":[{"氏名":"x"}]}' '2 {"件名":"b"}')
Q1=('1 {"件名":"a","保護者電話":"03-1234-5678","家族":[{"名前":"x"}]}'
    '2 {"件名":"b"}')

@test "a changed form stops before the first record, and says how to go on" {
	cloud "$G0" 田中 "${Q0[@]}"
	pull >1.jsonl
	keep 1.jsonl
	cloud "$G1" '田中 一' "${Q1[@]}"
	run --separate-stderr pull --tries 1
	[ "$status" -eq 78 ]
	[ -z "$output" ]
	local first=${stderr%%next:*} next=${stderr#*next: }
	[[ $first == *": schema: the form changed since the last pull: "* ]]
	[[ $first == *'電話 "電話番号" is not there, probably 保護者電話 "電話番号" now'* ]]
	[[ $first == *'家族.氏名 "氏名" is not there, probably 家族.名前 "氏名" now'* ]]
	[[ $first == *'メモ "メモ" is not there'* ]]
	[[ $first == *'changed last by 田中 一 (tanaka), 2026-11-20 10:30'* ]]
	# Ready to be pasted but for the name, which it insists on.
	local cmd=${next#*your own name: }
	[[ $next == *"--continue OLD=NEW"*"seki-pack must follow"* ]]
	[[ $cmd == "seki-pull "*" --tries 1 -o raw.jsonl --accept-form 'YOUR NAME' --continue 電話=保護者電話 --continue 家族.氏名=家族.名前" ]]
	run --separate-stderr sh -c "$cmd"
	[ "$status" -eq 78 ]
	[[ $stderr == *"put the name of the person"* ]]
	sh -c "${cmd/YOUR NAME/山田 太郎}"
	mv raw.jsonl 2.jsonl
	head -1 2.jsonl | jq -e --arg from \
	    "$(mk --digest '番号:RECORD_NUMBER 更新日時:UPDATED_TIME '"$G0")" '
	    .schema."x-seki".accepted | length == 1 and (.[0]
	    | .by == "山田 太郎" and .from == $from
	    and .continues == {"電話": "保護者電話", "家族.氏名": "家族.名前"}
	    and .ended == ["メモ"] and .added == ["新"])'
	keep 2.jsonl
	# Then there is nothing to say, and the chain goes on.
	run --separate-stderr pull -o 3.jsonl
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	cmp <(head -1 2.jsonl | jq -S '.schema."x-seki"') \
	    <(head -1 3.jsonl | jq -S '.schema."x-seki"')
	# The same command once more does no harm.
	sh -c "${cmd/YOUR NAME/山田 太郎}"
	mv raw.jsonl 4.jsonl
	head -1 4.jsonl | jq -e '.schema."x-seki".accepted | length == 1'
	# All of it arrives.
	pack 1.zip <1.jsonl
	import 1.zip
	pack 2.zip <3.jsonl
	follows 2.zip 3.jsonl
	[[ $output == *"0 changed, 0 removed, 2 as before"* ]]
	# Lost, they are in the last bundle, as the page says.
	mv marks lost
	unzip -p 2.zip data/records.jsonl | tail -n 1 | jq -c .value >marks
	cloud "$G0" 田中 "${Q0[@]}"
	run --separate-stderr pull
	[ "$status" -eq 78 ]
	[[ $stderr == *"--continue 保護者電話=電話"* ]]
	pull --accept-form 山田 --continue 保護者電話=電話 >5.jsonl
	head -1 5.jsonl | jq -e '.schema."x-seki".accepted | length == 2'
	pack 3.zip <5.jsonl
	follows 3.zip 5.jsonl
}

@test "deltas before and after: a changed form is a full one by itself" {
	go() { # N KIND [PULL OPTION...]
		local n=$1 kind=$2
		shift 2
		pull --delta "$@" >$n.jsonl 2>note || { cat note; return 1; }
		[ "$(tail -1 $n.jsonl | jq -r .value.complete.kind)" = "$kind" ]
		pack $n.zip --bookmarks marks <$n.jsonl
		import -q $n.zip
	}
	cloud '件名 電話 メモ' 田中 '1 {"件名":"a","電話":"1"}' '2 {"件名":"b"}'
	go 1 full
	go 2 delta
	# Another order, another label.
	cloud 'メモ 件名::題 電話' 田中 '1 {"件名":"a","電話":"1"}' '2 {"件名":"b"}'
	go 3 delta
	[ "$(sql 'SELECT 題, 電話 FROM "soudan_表示"' | xargs)" = "a|1 b|" ]
	cloud 'メモ 件名::題 携帯' 田中 '1 {"件名":"a","携帯":"1"}' '2 {"件名":"b"}'
	go 4 full --accept-form 山田 --continue 電話=携帯
	go 5 delta
	head -1 5.jsonl | jq -e '.schema."x-seki".accepted | length == 1'
	# One more, which nobody has to be asked about.
	cloud 'メモ 件名::題 携帯 新' 田中 '1 {"件名":"a","携帯":"1","新":"x"}' \
	    '2 {"件名":"b"}'
	go 6 full
	grep -q 'field 新: new since the last pull' note
	go 7 delta
	[ "$(sql 'SELECT 件名, 携帯, 新 FROM soudan' | xargs)" = "a|1|x b||" ]
	export_stream >back.jsonl
	[ "$(root_of back.jsonl)" = "$(root_of 6.jsonl)" ]
}

@test "fields that no rule uses stop nothing" {
	rules='出力項目,元項目,種別\n件名,件名+電話,text\n家族.名,家族.氏名,keep\n'
	printf "$rules" >rules.csv
	cloud '件名 電話 家族(氏名,続柄) メモ:NUMBER 甲' 田中 '1 {"件名":"a"}'
	pull >1.jsonl
	keep 1.jsonl
	cloud '件名 電話 家族(氏名,年:NUMBER) メモ 乙' 田中 '1 {"件名":"a"}'
	run --separate-stderr pull --rules rules.csv --delta -o 2.jsonl
	[ "$status" -eq 0 ] || { echo "$stderr"; false; }
	[[ $stderr == *"field 甲 (甲): it is gone, and no rule uses it"* ]]
	[[ $stderr == *"field 家族.続柄 (続柄): it is gone, and no rule uses it"* ]]
	[[ $stderr == *"field メモ (メモ): it has another type, and no rule uses it"* ]]
	[[ $stderr == *"field 乙: new since the last pull"* ]]
	tail -1 2.jsonl | jq -e '.value.complete.kind == "delta"'
	keep 2.jsonl
	run --separate-stderr pull --rules rules.csv -o 3.jsonl
	[ "$status" -eq 0 ]
	[ -z "$stderr" ]
	# What it uses does, a table of its own and what is inside one.
	cloud '件名 電話:NUMBER 家族(年:NUMBER) メモ 乙' 田中 '1 {"件名":"a"}'
	run --separate-stderr pull --rules rules.csv
	[ "$status" -eq 78 ]
	[[ $stderr == *'電話 "電話" is NUMBER, was SINGLE_LINE_TEXT'* ]]
	[[ $stderr == *'家族.氏名 "氏名" is not there'* ]]
	[[ $stderr == *"correct the rules table"* ]]
	cloud '件名 電話 メモ 乙' 田中 '1 {"件名":"a"}'
	run --separate-stderr pull --rules rules.csv
	[ "$status" -eq 78 ]
	[[ $stderr == *'家族 "家族" is not there'* ]]
	[[ $stderr != *氏名* ]]
	# Of several tables each counts; one that is none is said.
	printf '出力項目,元項目,種別\n件名,件名,keep\n' >other.csv
	run --separate-stderr pull --rules other.csv -o 4.jsonl
	[ "$status" -eq 0 ]
	run --separate-stderr pull --rules other.csv --rules rules.csv
	[ "$status" -eq 78 ]
	echo x >bad.csv
	run --separate-stderr pull --rules bad.csv
	[ "$status" -eq 65 ] || [ "$status" -eq 78 ]
	[[ $stderr == *bad.csv* ]]
}

@test "a continuation that cannot be" {
	cloud "$G0" 田中 "${Q0[@]}"
	pull >1.jsonl
	keep 1.jsonl
	cloud '件名 保護者電話::電話番号 家族(名前,続柄) 数:NUMBER 世帯(年)' 田中 \
	    '1 {"件名":"a"}' '2 {}'
	local pair text n=0
	while IFS='|' read -r pair text; do
		local a=()
		for p in $pair; do a+=(--continue "$p"); done
		run --separate-stderr pull --accept-form 山田 "${a[@]}"
		[ "$status" -eq 78 ] || { echo "$pair: $status"; false; }
		[[ $stderr == *": config: --continue "*"$text"* ]] ||
		    { echo "$pair: $stderr"; false; }
		[ -z "$output" ]
		n=$((n + 1))
	done <<-'END'
		電話|it is OLD=NEW
		=保護者電話|it is OLD=NEW
		電話=|it is OLD=NEW
		電=保護者電話|no such field as the first
		続き柄=保護者電話|nearest field code: 続柄
		電話=電話番号|nearest field code: 保護者電話
		電話=保護者電|nearest field code: 保護者電話
		件名=保護者電話|first field is still there
		電話=件名|second field was there before
		電話=数|SINGLE_LINE_TEXT cannot go on as NUMBER
		電話=保護者電話 電話=名前|stands twice
		電話=保護者電話 メモ=保護者電話|stands twice
		電話=名前|in its own table only
		氏名=保護者電話|in its own table only
		氏名=年|in its own table only
	END
	[ "$n" -eq 15 ]
	for name in '' $'a\nb' $'\u202eb' ' a' "$(printf 'a%.0s' {1..257})"; do
		run --separate-stderr pull --accept-form "$name"
		[ "$status" -eq 78 ] || [ "$status" -eq 64 ]
		[[ $stderr == *accept-form* ]]
	done
	run --separate-stderr pull --continue 電話=保護者電話
	[ "$status" -eq 64 ]
	# The code alone names a field inside a table.
	pull --accept-form 山田 --continue 氏名=名前 >2.jsonl
	head -1 2.jsonl | jq -e '.schema."x-seki".accepted[0]
	    | .continues == {"家族.氏名": "家族.名前"}
	    and .ended == ["メモ", "電話"]
	    and .added == ["世帯", "保護者電話", "数"]'
}

@test "through a rules table: what comes out has its own chain" {
	printf '出力項目,元項目,種別\n件名,件名,keep\nTEL,電話,tel\n家族.名,家族.氏名,keep\n備考,メモ,keep\n' >rules.csv
	road() { # N [PULL OPTION...]: one round, as a job runs it
		local n=$1
		shift
		pull --rules rules.csv "$@" >raw.jsonl || return
		seki-normalize -q --rules rules.csv <raw.jsonl >$n.jsonl || return
		pack $n.zip --bookmarks marks <$n.jsonl
	}
	cloud "$G0" 田中 "${Q0[@]}"
	road 1
	import 1.zip
	# The cloud's form changes; the rules follow and make the same of it.
	cloud '件名 保護者電話::電話番号 家族(名前::氏名,続柄) メモ' 田中 "${Q1[@]}"
	run --separate-stderr road 2
	[ "$status" -eq 78 ]
	run --separate-stderr road 2 --accept-form 山田 \
	    --continue 電話=保護者電話 --continue 氏名=名前
	[ "$status" -ne 0 ]
	# Both rows at once, and what each needs.
	[[ $stderr == *": rules: row 3: field 電話 goes on as 保護者電話 (accepted by 山田 on 20"*"); row 4: field 家族.氏名 goes on as 家族.名前 (accepted by 山田 on 20"* ]]
	[[ $stderr == *"next: in the rules table: row 3: write 保護者電話 instead of 電話; row 4: write 家族.名前 instead of 家族.氏名; then the same command again"* ]]
	[[ $stderr != *"did you mean"* ]]
	printf '出力項目,元項目,種別\n件名,件名,keep\nTEL,保護者電話,tel\n家族.名,家族.名前,keep\n備考,メモ,keep\n' >rules.csv
	road 2 --accept-form 山田 --continue 電話=保護者電話 --continue 氏名=名前
	head -1 2.jsonl | jq -e '.schema."x-seki" | keys == ["source"]'
	cmp <(head -1 1.jsonl) <(head -1 2.jsonl)
	follows 2.zip 2.jsonl
	# The table alone changes, by nobody's leave: stopped on this side.
	printf '出力項目,元項目,種別\n件名,件名,keep\n電話番号,保護者電話,tel\n家族.氏名,家族.名前,keep\n新,件名,keep\n' >rules.csv
	run --separate-stderr road 3
	[ "$status" -eq 78 ]
	[[ $stderr == *": schema: "*"備考"* ]]
	[[ $stderr == *"--accept-form"* ]]
	[ ! -e 3.zip ]
	# With leave: what has the same source goes on.
	road 3 --accept-form '佐藤 花子'
	head -1 3.jsonl | jq -e '.schema."x-seki" | (has("normal") | not)
	    and (.accepted | length == 1 and (.[0] | .by == "佐藤 花子"
	    and .continues == {"TEL": "電話番号", "家族.名": "家族.氏名"}
	    and .ended == ["備考"] and .added == ["新"]))'
	follows 3.zip 3.jsonl
	[ "$(sql 'SELECT 電話番号 FROM soudan' | xargs)" = 03-1234-5678 ]
	# Silent from then on, the chain with it.
	road 4
	head -1 4.jsonl | jq -e '.schema."x-seki".accepted | length == 1'
	follows 4.zip 4.jsonl
	[[ $stderr != *"accepted by"* ]]
	# A row more needs nobody, but every record.
	printf '番,番号,keep\n' >>rules.csv
	run --separate-stderr road 5 --delta
	[ "$status" -eq 78 ]
	[[ $stderr == *"without --delta"* ]]
	road 5
	follows 5.zip 5.jsonl
	# Normalised twice, each table has a memory of its own.
	twice() {
		local n=$1
		shift
		pull --rules rules.csv "$@" >raw.jsonl || return
		seki-normalize -q --rules rules.csv <raw.jsonl >once.jsonl || return
		seki-normalize -q --rules second.csv <once.jsonl >$n.jsonl || return
		pack $n.zip --bookmarks marks <$n.jsonl
	}
	cp -r sent kept
	cp marks marks5
	mv town.db town5.db
	printf '出力項目,元項目,種別\n件,件名,keep\n数,電話番号,keep\n' >second.csv
	twice 7
	import 7.zip
	twice 8
	follows 8.zip 8.jsonl
	sed -i 's/^電話番号,/番号簿,/' rules.csv
	sed -i 's/電話番号/番号簿/' second.csv
	printf '件2,件,keep\n' | sed 's/^件2,件,/二,件名,/' >>second.csv
	sed -i '/^件,/d' second.csv
	run --separate-stderr twice 9
	[ "$status" -eq 78 ]
	[[ $stderr == *電話番号* ]]
	twice 9 --accept-form 山田
	head -1 9.jsonl | jq -e '.schema."x-seki" | (has("normal") | not)
	    and (.accepted | length == 1 and (.[0] | .by == "山田"
	    and .continues == {"件": "二"} and .ended == [] and .added == []))'
	follows 9.zip 9.jsonl
	[ "$(sql 'SELECT 二 FROM soudan' | xargs)" = "a b" ]
	rm -rf sent
	mv kept sent
	mv marks5 marks
	mv town5.db town.db
	# Left out, the raw form has no leave to come in its place.
	pull >raw.jsonl
	pack 6.zip --raw <raw.jsonl
	refused 6.zip "gone: 電話番号, 家族.氏名, 新, 番; new: 番号, "
}
