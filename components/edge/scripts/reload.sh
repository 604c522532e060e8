#!/bin/sh
# Sidecar of HAProxy: a changed configuration or certificate is checked, then taken over without dropping a connection.
# Needs: the pod's process namespace, so that the master can be signalled; WATCHED, the files and folders to look at.
set -u
pid_file=${PID_FILE:-/run/haproxy/master.pid}
config=${CONFIG:-/etc/haproxy/haproxy.cfg}
pause=${PAUSE:-10}
digest() { find -L $WATCHED -type f ! -path '*/..*' -exec sha256sum {} + 2>/dev/null | sort | sha256sum; }

seen=$(digest)
while sleep "$pause"; do
  now=$(digest)
  [ "$now" = "$seen" ] && continue
  if haproxy -c -q -f "$config"; then
    kill -USR2 "$(cat "$pid_file")" && echo "reloaded HAProxy: configuration or certificate changed"
    seen=$now
  else
    echo "the changed configuration is invalid; HAProxy keeps the one it has" >&2
    seen=$now
  fi
done
