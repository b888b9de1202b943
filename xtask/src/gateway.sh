# Baton, the notes service and Envoy in front of them: sh -c … sh BATON NOTES ENVOY CONFIGURATION [FLAGS OF SERVE]
#
# Runs until one of the three ends, or a signal arrives; then it stops the others, too.
set -eu
baton=$1 notes=$2 envoy=$3 configuration=$4
shift 4
origin=http://localhost:3000
running=
end() {
    trap - EXIT INT TERM HUP
    for child in $running; do kill "$child" 2>/dev/null || true; done
    wait
}
trap end EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

"$baton" serve --listen 127.0.0.1:3001 --origin "$origin" --audience "$origin,$origin/api/notes" \
    --trusted-proxies 127.0.0.1 "$@" &
running=$!
"$notes" serve --listen 127.0.0.1:3002 --issuer "$origin" --audience "$origin/api/notes" &
running="$running $!"
"$envoy" --config-path "$configuration" --concurrency 2 --log-level warning &
running="$running $!"
while :; do
    for child in $running; do
        kill -0 "$child" 2>/dev/null && continue
        echo "One of the three has exited, so the others are stopped. Above stands why. If an address is in use:" \
            "stop what listens on port 3000 (Envoy), 3001 (Baton) or 3002 (notes)." >&2
        exit 1
    done
    sleep 1
done
