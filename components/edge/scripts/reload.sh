#!/bin/sh
# Sidecar of HAProxy: a changed configuration or certificate is checked, then taken over without dropping a connection.
# What HAProxy itself refuses never replaces what runs.
# Needs: the pod's process namespace, so that the master can be signalled; POD_NAME, whose number says whose turn it is.
# A HAProxy that reloads may learn the open rooms from another, so never two at once: each has its own part of the clock.
set -u
pid_file=${PID_FILE:-/run/haproxy/master.pid}
config=${CONFIG:-/etc/haproxy/haproxy.cfg}
pause=${PAUSE:-10}
turn=${TURN_SECONDS:-20} # longer than a reload takes until the open rooms are known
replicas=${REPLICAS:-1}
number=${POD_NAME##*-}

digest() { find -L $WATCHED -type f ! -path '*/..*' -exec sha256sum {} + 2>/dev/null | sort | sha256sum; }

# Ours is every $replicas-th turn, and of it only the first half: the rest is for what was begun.
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
