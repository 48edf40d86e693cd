#!/usr/bin/env bats
# What fresh eyes got past us once; each stays a test.
load helper

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	two_sides
	cp "$TOP/tests/data/root/one.jsonl" one.jsonl
}
teardown() {
	stop_all
}
pack() {
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media "$@"
}

import() {
	seki-import -q --trust trust --audience lgwan-1 --store town.db "$@"
}

@test "messages never end up in an output when descriptors are closed" {
	start_cloud --generate soudan:50 --seed 1 --token-file token
	seki-pull --base-url "$URL" --app 1 --token-file token --stream s \
	    --verbose -o raw.jsonl 2>&-
	head -c 17 raw.jsonl | grep -q '^{"type":"SCHEMA"'
	python3 "$TOP/tests/judge_root.py" raw.jsonl
	run bash -c "seki-pull --base-url $URL --app 1 --token-file token \
	    --stream s >&-"
	[ "$status" -eq 74 ]
	pack -o b.zip <one.jsonl >state.json 2>&-
	[ ! -s sent/lock ]
	run bash -c "seki-normalize --init <&-"
	[ "$status" -ne 0 ]
}

@test "a token that the service echoes is blotted out" {
	printf 'TOKENAAAA,TOKENBBBB\n' >token
	chmod 600 token
	cat >echo.py <<-'EOF'
		import http.server, sys
		class H(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        self.send_response(int(sys.argv[1]))
		        self.send_header("Content-Type", sys.argv[2])
		        self.end_headers()
		        self.wfile.write(sys.argv[3].encode())
		    do_POST = do_GET
		    def log_message(self, *a): pass
		s = http.server.HTTPServer(("127.0.0.1", 0), H)
		print("http://127.0.0.1:%d" % s.server_port, flush=True)
		s.serve_forever()
	EOF
	for body in '<html>token TOKENAAAA' \
	    '{"code":"CB_VA01","id":"x","message":"bad TOKENAAAA and TOKENBBBB"}'; do
		for kind in text/html application/json; do
			python3 echo.py 400 "$kind" "$body" >url 3>&- &
			PIDS="$PIDS $!"
			until [ -s url ]; do sleep 0.05; done
			run seki-pull --base-url "$(cat url)" --app 1 \
			    --token-file token --stream s --verbose --tries 1
			[ "$status" -ne 0 ]
			[[ "$output" != *TOKEN* ]]
			[[ "$output" != *TOKEN?BBB* ]]
			stop_all
			rm url
			python3 echo.py 200 "$kind" "$body" >url 3>&- &
			PIDS="$PIDS $!"
			until [ -s url ]; do sleep 0.05; done
			run seki-pull --base-url "$(cat url)" --app 1 \
			    --token-file token --stream s --json --tries 1
			[ "$status" -eq 69 ]
			[[ "$output" != *TOKEN* ]]
			stop_all
			rm url
		done
	done
}

@test "an alternative of white space does not keep the next one out" {
	python3 - >s.jsonl <<-'EOF'
		import json
		f = ["$id", "a", "b"]
		props = {c: {"type": "string", "x-seki": {"type":
		         "__ID__" if c == "$id" else "SINGLE_LINE_TEXT",
		         "code": c, "label": c, "index": i}}
		         for i, c in enumerate(f)}
		print(json.dumps({"type": "SCHEMA", "stream": "s", "schema": {
		      "type": "object", "x-seki": {"source": {"system": "k",
		      "domain": "d", "app": "1"}}, "properties": props},
		      "key_properties": ["$id"]}))
		for k, a in ("1", "\u3000"), ("2", "\u200b"), ("3", "x"):
		    print(json.dumps({"type": "RECORD", "stream": "s",
		          "record": {"$id": k, "a": a, "b": "ok"}}))
	EOF
	python3 "$TOP/tests/judge_root.py" --complete <s.jsonl >in.jsonl
	printf 'output,source,kind\nz,a|b,text\n' >r.csv
	seki-normalize -q --rules r.csv <in.jsonl >out.jsonl
	run jq -r 'select(.type=="RECORD").record.z' out.jsonl
	[ "$output" = "ok
ok
x" ]
}

@test "a state folder that lost its database does not overwrite the outbox" {
	pack -o b1.zip <one.jsonl >/dev/null
	cp sent/outbox/vector-1.zip kept.zip
	rm sent/state.db*
	sed 's/山田/田山/' one.jsonl >two.src
	grep -v '"STATE"' two.src | python3 "$TOP/tests/judge_root.py" \
	    --complete >two.jsonl
	run --separate-stderr pack -o b2.zip <two.jsonl
	[ "$status" -eq 74 ]
	[[ "$stderr" == *"backup"* ]]
	[ ! -e b2.zip ]
	cmp kept.zip sent/outbox/vector-1.zip
}

@test "no bundle is dated in the future" {
	run --separate-stderr pack -o b.zip --created 2099-03-01T00:00:00Z \
	    <one.jsonl
	[ "$status" -eq 78 ]
	[[ "$stderr" == *": clock: "* ]]
	[ ! -e b.zip ]
	pack -o b.zip <one.jsonl >/dev/null
}

@test "--fields that names nothing is a mistake" {
	printf 'x\n' >token
	chmod 600 token
	run seki-pull --base-url http://localhost:9 --app 1 --token-file token \
	    --stream s --fields=
	[ "$status" -eq 64 ]
}

@test "a stream whose filter lost a record, and unknown keys in its proof" {
	sed 's/"source":{}/"from":{"records":5,"held":0,"deleted":0,"root":"'"$(printf '0%.0s' $(seq 64))"'","dropped":0},"source":{}/' \
	    one.jsonl >lossy.jsonl
	run --separate-stderr pack -o b.zip <lossy.jsonl
	[ "$status" -eq 1 ]
	[[ "$stderr" == *": content: "*"5 records came in, 1 went out"* ]]
	sed 's/"source":{}/"extra":1,"source":{}/' one.jsonl >extra.jsonl
	run --separate-stderr pack -o b.zip <extra.jsonl
	[ "$status" -eq 65 ]
	sed 's/"$id"/"_sdc_deleted_at"/g' one.jsonl >sdc.jsonl
	run --separate-stderr pack -o b.zip <sdc.jsonl
	[ "$status" -eq 65 ]
}

@test "the workbook in the inbox is named as what it is" {
	pack -o b.zip <one.jsonl >/dev/null
	unzip -q b.zip view/records.xlsx
	run --separate-stderr seki-import -q --trust trust --audience lgwan-1 \
	    --store town.db view/records.xlsx
	[ "$status" -eq 65 ]
	[[ "$stderr" == *"Excel workbook"* ]]
	[ ! -e town.db ]
}

@test "--lock-wait holds from the first look at the store" {
	pack -o b.zip <one.jsonl >/dev/null
	seki-import -q --trust trust --audience lgwan-1 --store town.db b.zip
	mkfifo hold
	sqlite3 town.db <hold 3>&- &
	PIDS="$PIDS $!"
	exec 7>hold
	printf 'BEGIN EXCLUSIVE;\n.shell touch locked\n' >&7
	until [ -e locked ]; do sleep 0.05; done
	SECONDS=0
	run --separate-stderr seki-import -q --trust trust \
	    --audience lgwan-1 --store town.db --lock-wait 1 b.zip
	[ "$status" -eq 75 ]
	[ "$SECONDS" -lt 8 ]
	run --separate-stderr seki-export -q --store town.db --stream vector \
	    --lock-wait 1
	[ "$status" -eq 75 ]
	[ "$SECONDS" -lt 12 ]
	exec 7>&-
}

@test "without a store verify still compares the epoch with the trust file" {
	pack -o b.zip <one.jsonl >/dev/null
	python3 "$TOP/tests/resign.py" b.zip inet-1.key e.zip --set epoch=2
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 e.zip
	[ "$status" -eq 1 ]
	[[ "$stderr" == *": epoch: "* ]]
}

@test "names that a view or SQLite itself wants do not stop an import" {
	python3 - >s.src <<-'EOF'
		import json
		def p(code, kind, i, **k):
		    return {"type": "string", "x-seki": {"type": kind,
		            "code": code, "label": code, "index": i}, **k}
		inner = {"$id": {"type": "string"},
		         "x": p("x", "SINGLE_LINE_TEXT", 0)}
		props = {"$id": p("$id", "__ID__", 0)}
		for i, t in enumerate(("表示", "家族", "家族_表示"), 1):
		    props[t] = p(t, "SUBTABLE", i, items={"properties": inner})
		print(json.dumps({"type": "SCHEMA", "stream": "sqlite",
		      "schema": {"type": "object", "x-seki": {"source":
		      {"system": "k", "domain": "d", "app": "1"}},
		      "properties": props}, "key_properties": ["$id"]}))
		row = [{"$id": "1", "x": "y"}]
		print(json.dumps({"type": "RECORD", "stream": "sqlite",
		      "record": {"$id": "1", "表示": row, "家族": row,
		      "家族_表示": row}}))
	EOF
	python3 "$TOP/tests/judge_root.py" --complete <s.src >s.jsonl
	pack -o b.zip <s.jsonl >/dev/null
	seki-import -q --trust trust --audience lgwan-1 --store town.db b.zip
	seki-export -q --store town.db --stream sqlite --format stream >back
	[ "$(tail -1 back | jq -r .value.complete.root)" = \
	    "$(tail -1 s.jsonl | jq -r .value.complete.root)" ]
}

@test "a part of a set is not taken for the whole" {
	"$TOP/tests/mkstream.py" 1=a 2=b | pack -o 1.zip >/dev/null
	"$TOP/tests/mkstream.py" 1=a | pack -o 2.zip >/dev/null
	import 1.zip
	python3 "$TOP/tests/resign.py" 2.zip inet-1.key part.zip \
	    --drop view/records.xlsx --set 'part={"n":1,"of":2,"set":"'"$(printf '%064d' 0)"'"}'
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 \
	    part.zip
	[ "$status" -eq 1 ]
	[[ $stderr == *": digest: whole/manifest.json is missing"*"next: "* ]]
	run --separate-stderr import part.zip
	[ "$status" -eq 1 ]
	[ "$(sqlite3 town.db 'SELECT count(*) FROM soudan')" -eq 2 ]
}

@test "an approval that is called signed has a signature" {
	"$TOP/tests/mkstream.py" 1=a | pack -o 1.zip >/dev/null
	python3 "$TOP/tests/resign.py" 1.zip inet-1.key signed.zip \
	    --drop view/records.xlsx \
	    --set 'approval={"code":"","kind":"signed","number":""}'
	run --separate-stderr seki-verify --trust trust --audience lgwan-1 \
	    signed.zip
	echo "$stderr"
	[ "$status" -eq 1 ]
	[[ $stderr == *": threshold: the manifest says that the approval is signed"* ]]
}

@test "a trust folder from before is noticed" {
	"$TOP/tests/mkstream.py" 1=a | pack -o 1.zip >/dev/null
	"$TOP/tests/mkstream.py" 1=b | pack -o 2.zip >/dev/null
	import 1.zip
	# As if it had been taken with the next version of the trust file.
	python3 - <<-'EOF2'
	import sqlite3
	d = sqlite3.connect("town.db")
	t, = d.execute("SELECT sql FROM sqlite_schema"
	               " WHERE name = 'seki_ledger_update'").fetchone()
	d.execute("DROP TRIGGER seki_ledger_update")
	d.execute("UPDATE seki_ledger SET entry ="
	          " json_set(entry, '$.trust_version', 2)"
	          " WHERE json_extract(entry, '$.trust_version') = 1")
	d.execute(t)
	d.commit()
	EOF2
	for tool in "seki-verify --store" "seki-import --store"; do
		run --separate-stderr $tool town.db --trust trust \
		    --audience lgwan-1 2.zip
		echo "$stderr"
		[ "$status" -eq 75 ]
		[[ $stderr == *": trust-old: the trust folder holds version 1, this store was written with version 2"* ]]
		[[ $stderr == *"next: "* ]]
	done
}

@test "a link is no folder of attachments" {
	"$TOP/tests/mkstream.py" 1=a | pack -o 1.zip >/dev/null
	import 1.zip
	mkdir elsewhere
	chmod 700 elsewhere
	ln -s elsewhere town.db.att
	run --separate-stderr seki-export --store town.db --stream soudan \
	    --format csv -o out.csv --attachments out
	[ "$status" -eq 74 ]
	[[ $stderr == *"town.db.att: file: a link, where the folder must stand"* ]]
}
