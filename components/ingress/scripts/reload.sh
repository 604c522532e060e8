#!/bin/sh
# Sidecar of HAProxy: validates a changed configuration or certificate, and reloads HAProxy without dropping a connection.
# An invalid configuration never replaces the running one.
# Needs: the pod's process namespace, to signal the master process; POD_NAME, whose ordinal selects the time slot.
# A HAProxy that reloads may learn the open rooms from a peer, so time slots keep two from reloading at once.
set -u
pid_file=${PID_FILE:-/run/haproxy/master.pid}
config=${CONFIG:-/etc/haproxy/haproxy.cfg}
pause=${PAUSE:-10}
turn=${TURN_SECONDS:-20} # longer than a reload takes to learn the open rooms
replicas=${REPLICAS:-1}
number=${POD_NAME##*-}

digest() { find -L $WATCHED -type f ! -path '*/..*' -exec sha256sum {} + 2>/dev/null | sort | sha256sum; }

# Start only in the first half of this pod's slot, so that the reload ends within it.
wait_for_turn() {
  [ "$replicas" -gt 1 ] || return 0
  while now=$(date +%s); [ $((now / turn % replicas)) -ne "$number" ] || [ $((now % turn * 2)) -ge "$turn" ]; do
    sleep 1
  done
}

seen=$(digest)
while sleep "$pause"; do
  [ "$(digest)" = "$seen" ] && continue
  wait_for_turn
  seen=$(digest)
  if haproxy -c -q -L "$POD_NAME" -f "$config"; then
    kill -USR2 "$(cat "$pid_file")" && echo "reloaded HAProxy: configuration or certificate changed"
  else
    echo "the changed configuration is invalid; HAProxy keeps the one it has" >&2
  fi
done
