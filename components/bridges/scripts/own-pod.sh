#!/bin/sh
# Native sidecar of a bridge, which runs until the bridge has exited. Updates the pod's deletion cost, so that the emptiest
# bridge is removed first, and answers drain.sh whether the pod is being deleted and when its grace period ends.
# Needs: NAMESPACE, POD_NAME, COST (yes|no), a token in /account that may patch this pod.
set -u
bridge=${BRIDGE:-http://127.0.0.1:8080}
api=${API:-https://${KUBERNETES_SERVICE_HOST:-}:${KUBERNETES_SERVICE_PORT:-}}
account=${ACCOUNT:-/account}
asked=${ASKED:-/leaving/asked}
told=${TOLD:-/bridge/pod}
beat=${BEAT:-1}         # seconds between checks of `asked`
measure=${MEASURE:-15}  # beats between checks of the bridge
refresh=${REFRESH:-5}   # beats between answers to the same request: a second deletion may shorten the grace period
step=${STEP:-5}         # participants; a finer cost would only load the API server
line='
'
nap=
trap '[ -z "$nap" ] || kill "$nap" 2>/dev/null; exit 0' TERM INT

patch() { # sets `answer` (the pod), `status` and `date`; an empty patch changes nothing and returns the pod
  # Pass the token on standard input, because arguments are visible in the process list.
  answer=$(printf 'header = "Authorization: Bearer %s"\n' "$(cat "$account/token")" |
    curl -s -m 4 --cacert "$account/ca.crt" -K - -X PATCH -H 'Content-Type: application/merge-patch+json' -d "$1" \
      -w '\n%{http_code} %header{date}' "$api/api/v1/namespaces/$NAMESPACE/pods/$POD_NAME")
  status=${answer##*"$line"}
  answer=${answer%"$line"*}
  date=${status#* }
  status=${status%% *}
  if [ "$status" != "$seen" ]; then
    if [ "$status" = 200 ]; then reason=; else reason=$(printf %s "$answer" | jq -r '.message // empty' 2>/dev/null); fi
    echo "own pod: API server answers $status $reason" >&2
  fi
  seen=$status
  [ "$status" = 200 ]
}

tell() { # converts the end of the grace period, by the API server's clock alone, to the node's uptime
  patch '{}' || return 1
  what=$(printf %s "$answer" | jq -r --arg now "$date" 'if .metadata.deletionTimestamp
    then "deleted \((.metadata.deletionTimestamp | fromdateiso8601) - ($now | strptime("%a, %d %b %Y %H:%M:%S GMT") | mktime))"
    else "kept" end') || return 1
  if [ "$what" != kept ]; then
    read -r now rest </proc/uptime
    what="deleted $((${now%%.*} + ${what#deleted }))"
  fi
  echo "$1 $what" >"$told.new" && mv -f "$told.new" "$told"
}

keep_cost() { # a draining bridge is removed first; one that does not answer keeps its cost
  metrics=$(curl -s -f -m 4 -H 'Accept: text/plain' "$bridge/metrics") || return 0
  people=$(printf '%s\n' "$metrics" | sed -n 's/^jitsi_jvb_local_endpoints[^ ]* \([0-9]*\).*/\1/p')
  [ -n "$people" ] || return 0
  cost=$(((people + step - 1) / step * step))
  case $(printf '%s\n' "$metrics" | grep -E '^jitsi_jvb_(drain_mode|graceful_shutdown|shutting_down)[^ ]* 1') in
  ?*) cost=-1 ;;
  esac
  [ "$cost" != "$kept" ] || return 0
  patch "{\"metadata\":{\"annotations\":{\"controller.kubernetes.io/pod-deletion-cost\":\"$cost\"}}}" && kept=$cost
}

beats=0 answered='' seen=200 kept=''
while :; do
  number=
  [ -f "$asked" ] && { read -r number <"$asked"; } 2>/dev/null
  case $number in
  '' | *[!0-9]*) ;;
  *)
    if [ "$number" != "$answered" ] || [ $((beats % refresh)) -eq 0 ]; then
      tell "$number" && answered=$number
    fi
    ;;
  esac
  [ "$COST" != yes ] || [ $((beats % measure)) -ne 0 ] || keep_cost
  beats=$((beats + 1))
  sleep "$beat" &
  nap=$!
  wait "$nap" # unlike a foreground command, `wait` is interrupted by a signal
done
