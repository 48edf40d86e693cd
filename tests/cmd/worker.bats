load helper

WITHOUT="python3 $TOP/tests/nosandbox.py"
VERIFY="seki-verify --trust trust --audience lgwan-1"

setup_file() {
	export GOOD=$BATS_FILE_TMPDIR
	cd "$GOOD" || return 1
	two_sides
	seki-pack -q --trust trust --key inet-1.key --state sent \
	    --audience lgwan-1 --carrier media -o b.zip \
	    <"$TOP/tests/data/root/every.jsonl" >/dev/null
}

setup() {
	cd "$BATS_TEST_TMPDIR" || return 1
	cp -R "$GOOD/trust" "$GOOD/inet-1.key" "$GOOD/b.zip" .
}

teardown() {
	stop_all
}

# Under a sanitizer there is no filter, and none is missed.
filtered() {
	case $(ldd "$BIN/seki-verify") in *asan*) skip "sanitizer" ;; esac
}

# large.zip: enough records for a worker to be seen at work.
large() {
	start_cloud --generate kifu:6000 --seed 1 --token-file token
	seki-pull -q --base-url "$URL" --app 1 --token-file token \
	    --stream kifu >raw.jsonl
	seki-normalize --init <raw.jsonl >kifu.csv
	seki-normalize -q --rules kifu.csv <raw.jsonl |
	    seki-pack -q --trust trust --key inet-1.key --state large \
		--audience lgwan-1 --carrier media -o large.zip >/dev/null
}

@test "parsing goes on in processes without rights" {
	[ "$(id -u)" -eq 0 ] || skip "who may look at them is root"
	run sh -c 'seki doctor | grep "^seccomp.*there"'
	[ "$status" -eq 0 ] || skip "no seccomp here"
	filtered
	large
	python3 "$TOP/tests/watchworkers.py" $VERIFY large.zip >seen
	cat seen
	[ "$(grep -c ^worker seen)" -ge 2 ]
	# The bundle to read, the answer to write, and no bytes to any file.
	[ "$(grep -c 'nnp=1 fds=2 modes=1,0 file=0 ' seen)" -eq \
	    "$(grep -c ^worker seen)" ]
	read -r _ own workers < <(grep ^time seen)
	[ "$workers" -gt "$own" ]
	python3 "$TOP/tests/watchworkers.py" seki-import -q --trust trust \
	    --audience lgwan-1 --store t.db large.zip >seen
	[ "$(grep -c 'nnp=1 fds=2 modes=1,0 file=0 ' seen)" -ge 2 ]
}

@test "without either nothing is parsed, with one of them it is" {
	filtered
	run $WITHOUT both true
	[ "$status" -ne 77 ] || skip "no seccomp to test with"
	run --separate-stderr $WITHOUT both $VERIFY b.zip
	[ "$status" -eq 78 ]
	[ -z "$output" ]
	[[ $stderr == *": config: neither Landlock nor seccomp"* ]]
	[[ $stderr == *"--no-sandbox"* ]]
	run --separate-stderr $WITHOUT both seki-import --trust trust \
	    --audience lgwan-1 --store t.db b.zip
	[ "$status" -eq 78 ]
	[ ! -e t.db ]
	run --separate-stderr $WITHOUT seccomp $VERIFY b.zip
	[ "$status" -eq 0 ]
	run --separate-stderr $WITHOUT landlock $VERIFY b.zip
	[ "$status" -eq 0 ]
	[[ $stderr != *sandbox* ]]
}

@test "seki doctor says what this host offers" {
	filtered
	run $WITHOUT both true
	[ "$status" -ne 77 ] || skip "no seccomp to test with"
	run seki doctor
	[ "$status" -eq 0 ]
	[[ $output == *"worker       ok: "* ]]
	run $WITHOUT both seki doctor
	[ "$status" -eq 78 ]
	[[ $output == *"landlock     ok: this kernel has none"* ]]
	[[ $output == *"worker       config: neither"* ]]
	run $WITHOUT both seki doctor --json
	[ "$status" -eq 78 ]
	jq -es '.[2].status == 78 and .[2].reason == "config"' <<<"$output"
}

@test "--no-sandbox takes the risk, and says so each time" {
	run --separate-stderr $VERIFY b.zip
	[ "$status" -eq 0 ]
	good=$output
	[[ $stderr != *sandbox* ]]
	run --separate-stderr $VERIFY --no-sandbox b.zip
	[ "$status" -eq 0 ]
	[ "$output" = "$good" ]
	[[ $stderr == *"parsed without a sandbox"* ]]
	printf '[worker]\nsandbox = off-accepted\n' >seki.conf
	run --separate-stderr $WITHOUT both $VERIFY -c seki.conf b.zip
	[ "$status" -eq 0 ]
	[ "$output" = "$good" ]
	[[ $stderr == *"parsed without a sandbox"* ]]
	run --separate-stderr seki-import --no-sandbox --trust trust \
	    --audience lgwan-1 --store t.db b.zip
	[ "$status" -eq 0 ]
	[[ $stderr == *"parsed without a sandbox"* ]]
	printf '[worker]\nsandbox = on\n' >seki.conf
	run --separate-stderr $VERIFY -c seki.conf b.zip
	[ "$status" -eq 0 ]
	[[ $stderr != *sandbox* ]]
	printf '[worker]\nsandbox = no\n' >seki.conf
	run --separate-stderr $VERIFY -c seki.conf b.zip
	[ "$status" -eq 64 ]
	[[ $stderr == *"worker.sandbox takes on or off-accepted"* ]]
}

@test "J3: a manifest of 100,000 brackets is a limit, not a crash" {
	python3 - <<'P'
import zipfile
z = zipfile.ZipFile("deep.zip", "w")
e = zipfile.ZipInfo("manifest.json", (1980, 1, 1, 0, 0, 0))
e.create_system = 0
z.writestr(e, "[" * 100000)
z.close()
P
	run --separate-stderr $VERIFY deep.zip
	[ "$status" -eq 65 ]
	[[ $stderr == *": limit: "* ]]
}

@test "a worker leaves nothing behind when its tool is killed" {
	large
	$VERIFY large.zip >/dev/null 2>&1 3>&- &
	pid=$!
	for _ in $(seq 2000); do
		kid=$(cat "/proc/$pid/task/$pid/children" 2>/dev/null) || break
		kid=${kid%% *}
		[ -z "$kid" ] || break
	done
	[ -n "$kid" ]
	kill -KILL "$pid"
	wait "$pid" || :
	for _ in $(seq 50); do
		[ -d "/proc/$kid" ] || break
		grep -q '^State:	Z' "/proc/$kid/status" 2>/dev/null && break
		sleep 0.05
	done
	[ ! -d "/proc/$kid" ] || grep '^State:	Z' "/proc/$kid/status"
}
