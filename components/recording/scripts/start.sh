#!/bin/sh
# Starts Jibri once its volume has space for the longest recording. Requires: ROOM, bytes.
# Process 1 ignores SIGTERM by default, hence the trap.
set -eu
trap 'exit 0' TERM INT
storage=${STORAGE:-/storage}
waiting=${WAITING:-/tmp/no-room} # tells the probes that there is no Jibri yet, and that this is no fault of the container's
init=${INIT:-/init}
until [ "$(df -B1 --output=avail "$storage" | tail -n 1)" -ge "$ROOM" ]; do
  [ -e "$waiting" ] || echo "start: less than $ROOM bytes are free on $storage; waiting for uploads" >&2
  : >"$waiting"
  sleep "${BEAT:-10}" &
  wait $!
done
rm -f "$waiting"
exec "$init"
