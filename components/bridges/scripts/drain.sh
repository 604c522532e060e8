#!/bin/sh
# preStop hook of a bridge: drain, announce it, wait for its meetings, have jicofo move the rest, see the process gone.
# Returns when the bridge has ended, and by DEADLINE whatever happens; SIGTERM, which cuts what is left, comes only then.
# Needs, in whole seconds: DEADLINE, ANNOUNCE, MIGRATE_AFTER, MOVE. The sidecar own-pod.sh says how long this pod really has.
set -u
bridge=${BRIDGE:-http://127.0.0.1:8080}
deadline=${DEADLINE:?seconds after which the hook returns}
announce=${ANNOUNCE:?seconds until jicofo has stopped choosing this bridge}
migrate_after=${MIGRATE_AFTER:?seconds for which meetings are waited for}
move=${MOVE:?seconds in which jicofo moves the rest}
late=${LATE:-15}             # the bridge moves people by its own timer; the hook asks when that is so late
margin=${MARGIN:-15}         # between the return of the hook and the end of the grace period
hurry=${HURRY:-20}           # all the time there is where the pod ends without being deleted: a node's shutdown, a failed probe
pause=${PAUSE:-5}
gone_after=${GONE_AFTER:-10} # s6 starts a crashed bridge again within 2 s
proc=${PROC:-/proc}
halt=${HALT:-/run/s6/basedir/bin/halt}
asked=${ASKED:-/leaving/asked}
told=${TOLD:-/bridge/pod}

clock() { # uptime: no clock that is set, and the same in every container of the node
  read -r now rest </proc/uptime
  now=${now%%.*}
}
call() { # curl for as long as there is time, 5 s at most
  clock
  patience=$((end - now))
  [ "$patience" -gt 0 ] || return 1
  [ "$patience" -le 5 ] || patience=5
  curl -s -m "$patience" "$@"
}
post() { # sets `code`; 000 is no answer
  code=$(call -o /dev/null -w '%{http_code}' -X POST "$@") || code=000
  [ "$code" = 200 ]
}
drain() { post "$bridge/colibri/drain/enable" && drained=yes; }
shut_down() { post -H 'Content-Type: application/json' -d "{\"graceful-shutdown\": $1}" "$bridge/colibri/shutdown"; }
people() { # those that this bridge serves itself; nothing when it does not say
  call -f -H 'Accept: text/plain' "$bridge/metrics" | sed -n 's/^jitsi_jvb_local_endpoints[^ ]* \([0-9]*\).*/\1/p'
}

return_by() { # an earlier end brings the moving forward
  [ "$1" -lt "$end" ] || return 0
  end=$1
  [ $((end - move - late)) -ge "$move_at" ] || move_at=$((end - move - late))
}
hear() { # what the sidecar found out: `NUMBER kept` or `NUMBER deleted UPTIME`, the second at which the kubelet kills
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
gone() { # no process and nobody at the door, for longer than a restart takes; REST that is silent proves nothing
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
end_container() { # s6-overlay 3 of stable-11146 leaves an empty container behind, until the grace period is over
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
  *false*) # never told, or the bridge crashed and s6 started it again: it has forgotten everything
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
      [ "$count" != 0 ] || end_container # a fresh process that nobody uses: what stood here has long gone
    fi
    case $wanted in
    leave) shut_down true && stage=leave ;;
    move) shut_down false && stage=move ;;
    esac
    if [ "$code" = 404 ] && [ "$wanted" != none ]; then # the image was told to keep shutdown closed: SIGTERM is the only way
      [ "$wanted" != move ] || exit 0
      [ "$(people)" = 0 ] && empty=$((empty + 1)) || empty=0
      [ "$empty" -lt 2 ] || exit 0
    fi
  elif [ "$stage" = move ] && [ "$move_at" -lt "$as_planned" ]; then # in a hurry: nobody waits for an empty bridge
    [ "$(people)" != 0 ] || exit 0
  fi
  clock
  [ $((end - now)) -ge "$nap" ] || nap=$((end - now))
  [ "$nap" -le 0 ] || sleep "$nap"
done
exit 0
