# The five calls of each client that is a command, in an empty folder: `post CALL [BODY]` prints the answer with its
# headers, and each becomes a line, status and body.
set -euo pipefail
origin=$1 setting=${2:-}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
key() { cat /proc/sys/kernel/random/uuid; }
run() {
  local call account
  account="{\"email\":\"$(key)@example.com\",\"password\":\"velvet otter under glass\",\"name\":\"Ada\"}"
  for call in register refresh refresh logout refresh; do
    case $call in register) post register "$account" ;; *) post "$call" ;; esac |
      tr -d '\r' | awk '/^ *HTTP\// { status = $2 } /^\{/ { body = $0 } END { print status, body }'
  done
}
