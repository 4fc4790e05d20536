#!/usr/bin/env bash
# Prints Sonde's events as they are published on NATS, one a line, with nothing but bash and jq.
#   NATS_URL=nats://127.0.0.1:4222 NATS_CREDENTIALS=subscriber.creds events.sh [SUBJECT]
set -euo pipefail
export LC_ALL=C  # lengths are in bytes
address=${NATS_URL#nats://}
exec {bus}<>"/dev/tcp/${address%:*}/${address##*:}"
say() { printf '%s\r\n' "$*" >&"$bus"; }

read -r _ <&"$bus"  # INFO
token=$(sed -n 2p "$NATS_CREDENTIALS")  # of a subscriber, who need not sign
say "CONNECT $(jq -cn --arg jwt "$token" '{verbose: false, $jwt}')"
say "SUB ${1:-sonde.v1.events.>} 1"
say PING
while IFS=$' \r' read -r -a words <&"$bus"; do
    case ${words[0]} in
        PING) say PONG ;;
        PONG) echo listening >&2 ;;
        MSG)  # subject, subscription, sometimes where to answer, size
            read -r -N "${words[-1]}" event <&"$bus"
            read -r _ <&"$bus"
            printf '%s\n' "$event"
            ;;
        -ERR) echo "the server refuses this" >&2; exit 1 ;;
    esac
done
echo "the connection was lost" >&2
exit 1
