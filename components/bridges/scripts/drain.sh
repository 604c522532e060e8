#!/bin/sh
# preStop hook: announces the drain, asks the bridge to end once its meetings have, and waits until it is gone.
# Returns when the bridge has exited or after DEADLINE seconds; SIGTERM, which cuts what is left, comes only then.
set -u
bridge=${BRIDGE:-http://127.0.0.1:8080}
deadline=${DEADLINE:?seconds after which the hook gives up}
announce=${ANNOUNCE:-12}
pause=${PAUSE:-5}
silent_limit=${SILENT_LIMIT:-6}
started=$(date +%s)
elapsed() { echo $(($(date +%s) - started)); }
ask() { curl -s -f -m 5 -X POST "$@"; }
drain() { ask "$bridge/colibri/drain/enable" >/dev/null; }
leave() { ask -H 'Content-Type: application/json' -d '{"graceful-shutdown": true}' "$bridge/colibri/shutdown" >/dev/null; }

drain
sleep "$announce"
leave || asked=no
silent=0
while [ "$(elapsed)" -lt "$deadline" ]; do
  if state=$(curl -s -f -m 5 "$bridge/colibri/drain"); then
    silent=0
    case $state in
    *false*) # the bridge crashed and was restarted inside the container: it has forgotten that it leaves
      drain
      leave && asked=yes || asked=no
      ;;
    *) [ "${asked:-yes}" = yes ] || { leave && asked=yes; } ;;
    esac
  else
    silent=$((silent + 1))
    [ "$silent" -lt "$silent_limit" ] || exit 0
  fi
  sleep "$pause"
done
exit 0
