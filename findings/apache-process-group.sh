#!/usr/bin/env bash
# Apache 2.4.71 (Debian 12) with the MPM prefork, run in the foreground, ends the script that has started it.
#
# `apache2 -DFOREGROUND` is how a supervisor, a container's entry point or a test starts it, and SIGTERM how it is stopped.
# What one expects: it ends itself and its workers, whose process ids it knows; the script continues.
# Seen: with prefork it sends SIGTERM to its whole process group, which in a script without job control is the script's own.
# The script, its other children and what had started it in the same group end by signal 15, and print no reason. With the
# MPM event the script continues, and with prefork in a group of its own (`setsid`).
# Why it matters: a test suite that stops Apache ends with it, as if it had been interrupted, and with another MPM it does
# not. Start it with `setsid`, `set -m`, or `detached: true` (Node).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
chmod 755 .
apt-get download -qq apache2-bin=2.4.71-1~deb12u1 libapr1=1.7.2-3+deb12u1 libaprutil1=1.6.3-1+deb12u1
for package in *.deb; do dpkg -x "$package" .; done
export LD_LIBRARY_PATH=$folder/usr/lib/x86_64-linux-gnu
usr/sbin/apache2 -v | head -1

cat > script.sh <<'END'
mpm=$1
shift
"$@" usr/sbin/apache2 -f "$PWD/$mpm.conf" -DFOREGROUND &
apache=$!
for _ in $(seq 100); do
  [ -s "$mpm.pid" ] && (: < "/dev/tcp/127.0.0.1/$(cat port)") 2>/dev/null && break
  sleep 0.1
done
echo 'started'
kill "$apache"
wait "$apache" || true
echo 'the script continues'
END

# What a script prints that starts Apache and stops it, and its exit status. It has a process group of its own.
seen() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])' > port
  cat > "$1.conf" <<END
ServerRoot $folder
DefaultRuntimeDir $folder
PidFile $folder/$1.pid
Listen 127.0.0.1:$(cat port)
ServerName 127.0.0.1
ErrorLog $folder/log
Mutex file:$folder default
User www-data
Group www-data
LoadModule mpm_$1_module usr/lib/apache2/modules/mod_mpm_$1.so
LoadModule authz_core_module usr/lib/apache2/modules/mod_authz_core.so
END
  rm -f "$1.pid"
  local status=0
  setsid --wait bash script.sh "$@" > printed || status=$?
  echo "$*: $(paste -sd, printed), exit status $status"
}

{ seen prefork; seen event; seen prefork setsid; } | tee lines
diff - lines <<'END' || { echo 'this has changed'; exit 1; }
prefork: started, exit status 143
event: started,the script continues, exit status 0
prefork setsid: started,the script continues, exit status 0
END
