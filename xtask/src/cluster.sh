# A PostgreSQL cluster for one run of the tests: sh -c … sh FOLDER_OF_PROGRAMS PORT
#
# The first line on standard input is the password of the user `baton`; `ready` on standard output says
# that it takes connections. The cluster runs until standard input ends, which happens when its parent process
# ends, also by a kill: then it is stopped, and its folder is removed.
set -eu
umask 077
# Ctrl-C reaches every process of the terminal; the end of input triggers the clean-up.
trap '' INT TERM HUP PIPE
read -r password
folder=$(mktemp -d "${TMPDIR:-/tmp}/baton-postgres.XXXXXX")
postmaster=
clean_up() {
    if [ -n "$postmaster" ]; then
        # At once: its data are disposable.
        kill -QUIT "$postmaster" 2>/dev/null || true
        wait "$postmaster" || true
    fi
    rm -rf "$folder"
}
trap clean_up EXIT
failed() {
    cat "$folder/log" >&2
    exit 1
}

printf '%s\n' "$password" >"$folder/password"
"$1/initdb" --pgdata="$folder/data" --username=baton --pwfile="$folder/password" \
    --auth=scram-sha-256 --encoding=UTF8 --no-locale --no-sync >"$folder/log" 2>&1 || failed

# Loopback only, no socket file; no durability, because the data are disposable.
"$1/postgres" -D "$folder/data" -c port="$2" -c listen_addresses=127.0.0.1 \
    -c unix_socket_directories= -c max_connections=300 -c fsync=off -c full_page_writes=off \
    </dev/null >>"$folder/log" 2>&1 &
postmaster=$!
tries=0
# The eighth line of its PID file shows when it takes connections.
until grep -q '^ready' "$folder/data/postmaster.pid" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -gt 300 ] || ! kill -0 "$postmaster" 2>/dev/null; then
        failed
    fi
    sleep 0.1
done
echo ready
read -r _ || true
