#!/bin/sh
# preStop hook of coturn: waits until no session is left, DEADLINE seconds at most.
# Every session holds a UDP socket in the range FIRST_PORT to LAST_PORT, and nothing else does.
# Requires: DEADLINE, ANNOUNCE (seconds until no new client is sent here), FIRST_PORT, LAST_PORT.
set -u
tables=${TABLES:-/proc/net/udp /proc/net/udp6}
pause=${PAUSE:-2}
started=$(date +%s)

sessions() {
  count=0
  for table in $tables; do
    [ -r "$table" ] || continue
    while read -r _ local _; do
      hex=${local##*:}
      case $hex in '' | *[!0-9A-Fa-f]*) continue ;; esac
      port=$((0x$hex))
      [ "$port" -lt "$FIRST_PORT" ] || [ "$port" -gt "$LAST_PORT" ] || count=$((count + 1))
    done <"$table"
  done
  echo "$count"
}

sleep "$ANNOUNCE"
while [ $(($(date +%s) - started)) -lt "$DEADLINE" ]; do
  [ "$(sessions)" -gt 0 ] || exit 0
  sleep "$pause"
done
echo "$(sessions) sessions are still relayed after $DEADLINE s; they end now and connect anew" >&2
