#!/bin/sh
# preStop hook of a bridge: enables drain, waits for meetings to end, has jicofo move the rest, and waits for the process.
# Returns when the bridge has exited, at the latest after DEADLINE. SIGTERM, which interrupts the remaining meetings, follows.
# Needs, in whole seconds: DEADLINE, ANNOUNCE, MIGRATE_AFTER, MOVE. The sidecar own-pod.sh reports the actual grace period.
set -u
bridge=${BRIDGE:-http://127.0.0.1:8080}
deadline=${DEADLINE:?seconds after which the hook returns}
announce=${ANNOUNCE:?seconds until jicofo has stopped choosing this bridge}
migrate_after=${MIGRATE_AFTER:?seconds for which meetings are waited for}
move=${MOVE:?seconds in which jicofo moves the rest}
late=${LATE:-15}             # the bridge moves participants by its own timer; the hook acts if that is this late
margin=${MARGIN:-15}         # between the return of the hook and the end of the grace period
hurry=${HURRY:-20}           # time limit if the pod ends without being deleted: node shutdown, failed probe
pause=${PAUSE:-5}
gone_after=${GONE_AFTER:-10} # s6 restarts a crashed bridge within 2 s
proc=${PROC:-/proc}
halt=${HALT:-/run/s6/basedir/bin/halt}
asked=${ASKED:-/leaving/asked}
told=${TOLD:-/bridge/pod}

clock() { # uptime: monotonic, and the same in every container of the node
  read -r now rest </proc/uptime
  now=${now%%.*}
}
call() { # curl until `end`, for 5 s at most
  clock
  patience=$((end - now))
  [ "$patience" -gt 0 ] || return 1
  [ "$patience" -le 5 ] || patience=5
  curl -s -m "$patience" "$@"
}
post() { # sets `code`, 000 without an answer
  code=$(call -o /dev/null -w '%{http_code}' -X POST "$@") || code=000
  [ "$code" = 200 ]
}
drain() { post "$bridge/colibri/drain/enable" && drained=yes; }
shut_down() { post -H 'Content-Type: application/json' -d "{\"graceful-shutdown\": $1}" "$bridge/colibri/shutdown"; }
people() { # local participants; empty without an answer
  call -f -H 'Accept: text/plain' "$bridge/metrics" | sed -n 's/^jitsi_jvb_local_endpoints[^ ]* \([0-9]*\).*/\1/p'
}

return_by() { # an earlier end moves participants earlier
  [ "$1" -lt "$end" ] || return 0
  end=$1
  [ $((end - move - late)) -ge "$move_at" ] || move_at=$((end - move - late))
}
hear() { # the sidecar's answer: `NUMBER kept` or `NUMBER deleted UPTIME`, when the kubelet kills the pod
  [ -r "$told" ] && read -r of what until <"$told" && [ "$of" = "$number" ] || return 0
  clock
  case $what in
  deleted)
    spare=$(((until - now) / 4))
    [ "$spare" -le "$margin" ] || spare=$margin
    return_by $((until - spare))
    ;;
  kept) return_by $((${kept:=$now} + hurry)) ;;
  esac
  return 0
}

running() { # a java process that is not defunct
  for stat in "$proc"/[0-9]*/stat; do
    { read -r pid name state rest <"$stat"; } 2>/dev/null || continue
    [ "$name" != '(java)' ] || [ "$state" = Z ] || return 0
  done
  return 1
}
gone() { # no process and no listener for longer than a restart takes; a REST timeout proves nothing
  if running; then
    absent=
    return 1
  fi
  call -o /dev/null "$bridge/colibri/drain"
  if [ $? -ne 7 ]; then # 7: connection refused
    absent=
    return 1
  fi
  clock
  [ $((now - ${absent:=$now})) -ge "$gone_after" ]
}
end_container() { # s6-overlay 3 of stable-11146 keeps an empty container running until the grace period ends
  [ -x "$halt" ] && "$halt" >/dev/null 2>&1
  exit 0
}

clock
started=$now
end=$((started + deadline))
leave_at=$((started + announce))
move_at=$((started + announce + migrate_after + late))
as_planned=$move_at
number=$started$$
drained=no stage=none restarted=no absent='' kept='' empty=0 code=000
[ $((end - move - late)) -ge "$move_at" ] || move_at=$((end - move - late))
trap '{ read -r of <"$asked" && [ "$of" = "$number" ] && rm -f "$asked"; } 2>/dev/null' EXIT
{ echo "$number" >"$asked"; } 2>/dev/null
drain

while clock && [ "$now" -lt "$end" ]; do
  hear
  ! gone || end_container
  clock
  nap=$pause
  if [ "$now" -ge "$move_at" ]; then
    wanted=move nap=1
  elif [ "$now" -ge "$leave_at" ]; then
    wanted=leave
  else
    wanted=none nap=1
  fi
  case $(call -f "$bridge/colibri/drain") in
  *false*) # not draining: the request failed, or the bridge crashed and s6 restarted it without its state
    if [ "$drained" = yes ]; then
      restarted=yes leave_at=$((now + announce))
      [ "$wanted" = move ] || wanted=none
    fi
    drained=no stage=none
    drain
    ;;
  esac
  if [ "$stage" != "$wanted" ]; then
    count=
    if [ "$restarted" = yes ] && [ "$wanted" != none ]; then
      count=$(people)
      [ "$count" != 0 ] || end_container # a restarted bridge without participants: the meetings are gone
    fi
    case $wanted in
    leave) shut_down true && stage=leave ;;
    move) shut_down false && stage=move ;;
    esac
    if [ "$code" = 404 ] && [ "$wanted" != none ]; then # the shutdown endpoint is disabled in the image: only SIGTERM remains
      [ "$wanted" != move ] || exit 0
      [ "$(people)" = 0 ] && empty=$((empty + 1)) || empty=0
      [ "$empty" -lt 2 ] || exit 0
    fi
  elif [ "$stage" = move ] && [ "$move_at" -lt "$as_planned" ]; then # short of time: do not wait for an empty bridge
    [ "$(people)" != 0 ] || exit 0
  fi
  clock
  [ $((end - now)) -ge "$nap" ] || nap=$((end - now))
  [ "$nap" -le 0 ] || sleep "$nap"
done
exit 0
