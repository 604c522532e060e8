#!/bin/sh
# Startup and readiness probe of a bridge: ready when it is healthy and warm.
# A bridge starts in drain mode (custom-jvb.conf), in which jicofo prefers others. Since a fresh JVM takes a second for its first
# meeting, and more for the first ICE and DTLS, it first meets itself over its private REST interface: each endpoint connects to a
# relay of a second meeting. Then it leaves drain mode. All of that once for each run of the JVM, and in at most LIMIT seconds:
# with people on it, or if something fails, the bridge opens as it is, and its log says why. The preStop hook's drain stays.
# Needs: ENABLE_OCTO (1|0); without relays, only the endpoints are set up.
set -u
relays=${ENABLE_OCTO:?1 if the bridge has relays, else 0}
bridge=${BRIDGE:-http://127.0.0.1:8080}
limit=${LIMIT:-15}
people=${PEOPLE:-3}
proc=${PROC:-/proc}
asked=${ASKED:-/leaving/asked} # as long as drain.sh runs
mark=${MARK:-/tmp/opened}
log=${LOG:-/proc/1/fd/1} # the container's log; the kubelet shows what a probe prints only if it fails

java() { # process and start time of the JVM, which s6 restarts within the container
  for stat in "$proc"/[0-9]*/stat; do
    { read -r pid name state rest <"$stat"; } 2>/dev/null || continue
    [ "$name" = '(java)' ] && [ "$state" != Z ] || continue
    echo "$pid $(echo "$rest" | cut -d ' ' -f 19)"
    return
  done
  echo unknown
}
clock() {
  read -r now rest </proc/uptime
  now=${now%%.*}
}
say() {
  { echo "warm-up: $*" >>"$log"; } 2>/dev/null || echo "warm-up: $*" >&2
}
post() { curl -s -m 4 -o /dev/null -w '%{http_code}' -X POST "$bridge$1"; }
figure() { # value of a metric, as a whole number
  printf '%s\n' "$figures" | sed -n "s/^jitsi_jvb_$1\(_total\)\{0,1\}\({[^}]*}\)\{0,1\} \([0-9]*\).*/\3/p"
}
measure() { figures=$(curl -s -f -m 4 -H 'Accept: text/plain' "$bridge/metrics"); }

ask() { # method, meeting, JSON; sets `answer`
  clock
  [ $((until - now)) -gt 0 ] || { why="it took longer than $limit s"; return 1; }
  answer=$(curl -sS -f -m $((until - now)) -X "$1" -H 'Content-Type: application/json' -d "$3" \
    "$bridge/colibri/v2/conferences/$2" 2>&1) || { why=$answer; return 1; }
}
add() { # meeting, kind, entry: the first one creates the meeting
  if [ "$number" = 1 ]; then
    ask POST '' "{\"meeting-id\":\"$1\",\"create\":true,\"$2\":[$3]}"
  else
    ask PATCH "$1" "{\"$2\":[$3]}"
  fi
}
answered() { # kind in `answer`, kind, DTLS role of the one that answered: its description, for the entry on the other side
  printf %s "$answer" | jq -ce --arg role "$3" --arg id "$number" \
    "{$2: [{id: \$id, transport: {transport: (.$1[0].transport.transport | .fingerprints[].setup = \$role)}}]}" 2>&1
}
meet() { # as browsers do, endpoints are controlling in ICE and servers in DTLS
  medias='"medias":[{"type":"audio","payload-types":[{"name":"opus","id":"111","clockrate":"48000","channels":"2"}]},
    {"type":"video","payload-types":[{"name":"VP8","id":"100","clockrate":"90000"}]}]'
  number=1
  while [ "$number" -le "$people" ]; do
    entry="\"id\":\"$number\",\"create\":true,$medias"
    add "$meeting-1" endpoints "{$entry,\"capabilities\":[\"source-names\",\"private-address-connectivity\"],
      \"transport\":{\"ice-controlling\":true,\"sctp\":{}}}" || return
    if [ "$relays" = 1 ]; then
      endpoint=$(answered endpoints relays passive) || { why=$endpoint; return 1; }
      add "$meeting-2" relays "{$entry,\"transport\":{\"ice-controlling\":false,\"use-unique-port\":true,\"sctp\":{\"role\":\"client\"}}}" || return
      relay=$(answered relays endpoints active) || { why=$relay; return 1; }
      ask PATCH "$meeting-2" "$endpoint" && ask PATCH "$meeting-1" "$relay" || return
    fi
    number=$((number + 1))
  done
  [ "$relays" = 1 ] || return 0
  connected=0 why="of $((people * 2)) sides, too few were connected after $limit s"
  while measure && connected=$(($(figure ice_succeeded) - before)) && [ "$connected" -lt $((people * 2)) ]; do
    clock
    [ "$now" -lt "$until" ] || return
    sleep 0.2
  done
  sleep 1 # DTLS and SCTP follow ICE
}
warm_up() {
  # A meeting without people may be prosody's: its module mod_bridge_hibernation makes one to warm up XMPP.
  measure && [ "$(figure local_endpoints)" = 0 ] || { say "left out: meetings are on this bridge, or it does not say"; return; }
  before=$(figure ice_succeeded) before=${before:-0}
  clock
  started=$now until=$((now + limit)) meeting=warm-up-$now-$$ why=
  if meet; then result="done"; else result="given up: $why"; fi
  for each in "$meeting-1" "$meeting-2"; do
    curl -s -m 2 -o /dev/null -X PATCH -H 'Content-Type: application/json' -d '{"expire":true}' "$bridge/colibri/v2/conferences/$each"
  done
  clock
  say "$result, after $((now - started)) s"
}

curl -s -f -m 4 -o /dev/null "$bridge/about/health" || exit 1
[ ! -e "$asked" ] || exit 0
running=$(java) opened=
{ read -r opened <"$mark"; } 2>/dev/null
[ "$opened" != "$running" ] || exit 0 # from here on, drain mode is the operator's

warm_up
[ ! -e "$asked" ] || exit 0
code=$(post /colibri/drain/disable)
case $code in
200) ;;
404) say "drain mode cannot be ended: the bridge's drain REST is off" ;;
*)
  say "drain mode is not ended yet: the bridge answers $code"
  exit 1
  ;;
esac
[ ! -e "$asked" ] || post /colibri/drain/enable >/dev/null # the hook began meanwhile
echo "$running" >"$mark"
