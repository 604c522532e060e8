#!/bin/sh
# Native sidecar of a bridge, there until the bridge is gone. Keeps the deletion cost of its own pod, so that the emptiest
# bridge leaves first, and tells drain.sh, when asked, whether and until when its pod is being deleted.
# Needs: NAMESPACE, POD_NAME, COST (yes|no), a token that may patch this pod in /account.
set -u
bridge=${BRIDGE:-http://127.0.0.1:8080}
api=${API:-https://${KUBERNETES_SERVICE_HOST:-}:${KUBERNETES_SERVICE_PORT:-}}
account=${ACCOUNT:-/account}
asked=${ASKED:-/leaving/asked}
told=${TOLD:-/bridge/pod}
beat=${BEAT:-1}         # seconds between two looks at `asked`
measure=${MEASURE:-15}  # beats between two looks at the bridge
refresh=${REFRESH:-5}   # beats between two answers to the same question: a second deletion may shorten the grace period
step=${STEP:-5}         # people; a finer cost would only keep the API server busy
line='
'
nap=
trap '[ -z "$nap" ] || kill "$nap" 2>/dev/null; exit 0' TERM INT

patch() { # sets `answer` (the pod), `status` and `date` of the API server; an empty patch changes nothing and reads the pod
  # The token goes through standard input: an argument would be seen in the process list.
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

tell() { # the time that is left by the API server's clock alone, as the node's uptime
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

keep_cost() { # a bridge that drains anyway goes first; one that does not answer keeps what it has
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
  wait "$nap" # unlike a command in the foreground it ends with a signal
done
