#!/bin/sh
# Native sidecar of a recorder: exposes its state and pending uploads to Prometheus (metrics.txt, status.json), and
# restarts an idle Jibri that is unhealthy or whose volume lacks space for the longest recording.
# Requires: ROOM, bytes.
set -u
storage=${STORAGE:-/storage}
served=${SERVED:-/served}
address=${ADDRESS:-:9464}
outside=${JIBRI:-http://127.0.0.1:2222}/jibri/api/v1.0/health
inside=${JIBRI_INTERNAL:-http://127.0.0.1:3333}/jibri/api/internal/v1.0/gracefulShutdown
beat=${BEAT:-5}
patience=${PATIENCE:-12} # beats between two restarts: it takes a minute until Jibri answers again
server='' nap='' rested=0
trap 'kill $nap $server 2>/dev/null; exit 0' TERM INT

value() { # of a counter that upload.sh keeps
  number=0
  { read -r number <"$storage/uploads/$1"; } 2>/dev/null
  case $number in '' | *[!0-9]*) number=0 ;; esac
  echo "$number"
}

look() {
  up=0 busy=0 unhealthy=0 full=0
  health=$(curl -s -f -m 4 "$outside" | tr -d ' \n')
  [ -z "$health" ] || up=1
  case $health in *'"busyStatus":"BUSY"'*) busy=1 ;; esac
  case $health in *'"healthStatus":"UNHEALTHY"'*) unhealthy=1 ;; esac
  free=$(df -B1 --output=avail "$storage" | tail -n 1 | tr -d ' ')
  [ "$free" -ge "$ROOM" ] || full=1
  # An idle recorder without space is not available; one that records has reserved its space.
  occupied=$((busy | unhealthy | full))
  pending=0 oldest=0 now=$(date +%s)
  for marker in "$storage"/recordings/*/.upload; do
    [ -f "$marker" ] || continue
    pending=$((pending + 1))
    age=$((now - $(stat -c %Y "$marker" 2>/dev/null || echo "$now")))
    [ "$age" -le "$oldest" ] || oldest=$age
  done
}

tell() {
  cat >"$served/metrics.new" <<EOF
# TYPE jibri_up gauge
jibri_up $up
# TYPE jibri_busy gauge
jibri_busy $busy
# TYPE jibri_occupied gauge
jibri_occupied $occupied
# TYPE jibri_unhealthy gauge
jibri_unhealthy $unhealthy
# TYPE jibri_storage_full gauge
jibri_storage_full $full
# TYPE jibri_storage_free_bytes gauge
jibri_storage_free_bytes $free
# TYPE jibri_uploads_pending gauge
jibri_uploads_pending $pending
# TYPE jibri_upload_oldest_seconds gauge
jibri_upload_oldest_seconds $oldest
# TYPE jibri_uploads_total counter
jibri_uploads_total $(value uploaded)
# TYPE jibri_upload_failures_total counter
jibri_upload_failures_total $(value failures)
# TYPE jibri_recordings_incomplete_total counter
jibri_recordings_incomplete_total $(value incomplete)
EOF
  mv -f "$served/metrics.new" "$served/metrics.txt"
  echo "{\"busy\": $occupied}" >"$served/status.new" && mv -f "$served/status.new" "$served/status.json"
}

while :; do
  if [ -z "$server" ] || ! kill -0 "$server" 2>/dev/null; then
    rclone serve http "$served" --addr "$address" --read-only --log-level ERROR &
    server=$!
  fi
  look
  tell
  rested=$((rested + 1))
  if [ "$up" = 1 ] && [ "$busy" = 0 ] && [ "$occupied" = 1 ] && [ "$rested" -ge "$patience" ]; then
    echo "watch: unhealthy=$unhealthy, $free bytes free of $ROOM wanted: Jibri starts anew" >&2
    curl -s -f -m 5 -o /dev/null -X POST "$inside"
    rested=0
  fi
  sleep "$beat" &
  nap=$!
  wait "$nap"
done
