#!/bin/sh
# preStop hook of jigasi: refuses new calls and waits for running ones. Returns when jigasi has stopped, after its last call,
# or after DEADLINE seconds.
jigasi="${JIGASI_REST:-http://127.0.0.1:8788}"
started=$(date +%s)

asked() {
  curl -sf -m 5 -o /dev/null -X POST -H 'Content-Type: application/json' -d '{"graceful-shutdown": "true"}' "$jigasi/about/shutdown"
}

lost=0
told=no
while [ $(($(date +%s) - started)) -lt "$DEADLINE" ]; do
  if [ "$told" = no ] && asked; then told=yes; fi
  # One missed answer may be load; six in a row mean that jigasi has stopped.
  if curl -s -m 5 -o /dev/null "$jigasi/about/health"; then
    lost=0
  else
    lost=$((lost + 1))
    [ "$lost" -ge 6 ] && exit 0
  fi
  sleep "${PAUSE:-5}"
done
