# What the end-to-end tests share.  BIN holds the tools, TOP is the tree, BUILD
# the folder of everything made; run.sh exports them, by hand they are guessed.
bats_require_minimum_version 1.5.0
TOP=${TOP:-$(cd "$BATS_TEST_DIRNAME/../.." && pwd)}
BUILD=${BUILD:-$TOP/build}
BIN=${BIN:-$BUILD/bin}
SHARED=$TOP/../shared
export TOP BUILD BIN
# English, whatever this machine speaks, and a locale that every machine has.
unset LC_MESSAGES LANG
export LANGUAGE=en LC_ALL=C.UTF-8
PATH=$BIN:$PATH

# start_cloud OPTION…: a record server on a free port; sets URL and CLOUD_PID.
start_cloud() {
	local out=$BATS_TEST_TMPDIR/cloud.$RANDOM i
	seki-cloud --listen localhost:0 "$@" >"$out" 2>"$out.err" 3>&- &
	CLOUD_PID=$!
	PIDS="${PIDS:-} $CLOUD_PID"
	for i in $(seq 300); do
		URL=$(head -1 "$out" 2>/dev/null) || :
		[ -n "$URL" ] && return 0
		kill -0 "$CLOUD_PID" 2>/dev/null || break
		sleep 0.1
	done
	cat "$out.err" >&2
	return 1
}

# spoil WHEN PATTERN STATUS PROGRAM: URL is a proxy that changes answers; CLOUD
# the service itself.
spoil() {
	CLOUD=${CLOUD:-$URL}
	rm -f front
	python3 "$TOP/tests/spoil.py" "$CLOUD" "$@" >front 2>front.err 3>&- &
	PIDS="${PIDS:-} $!"
	for _ in $(seq 100); do
		[ -s front ] && break
		sleep 0.05
	done
	URL=$(cat front)
}

# Ends by pid what start_cloud started; call it in teardown.
stop_all() {
	local p
	for p in ${PIDS:-}; do
		kill "$p" 2>/dev/null || :
		wait "$p" 2>/dev/null || :
	done
	PIDS=
}

# two_sides: in the current folder, keys and trust of the tour.
two_sides() {
	seki-key init --trust trust --org 012041 --host inet-1 >/dev/null
}

# unprivileged CMD…: run without root's rights, since CI is root.
unprivileged() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# on_tty CMD...: standard output and errors are a terminal; its status.
on_tty() {
	python3 -c 'import os, pty, sys
sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' "$@" </dev/null
}
