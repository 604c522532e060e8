#!/bin/sh
# preStop hook of Jibri: accepts no new recording, and waits until the current one has ended.
# Jibri and its container then stop; upload.sh runs until everything is uploaded.
set -u
outside=${JIBRI:-http://127.0.0.1:2222}/jibri/api/v1.0/health
inside=${JIBRI_INTERNAL:-http://127.0.0.1:3333}/jibri/api/internal/v1.0/gracefulShutdown
beat=${BEAT:-5}
patience=${PATIENCE:-6} # silent or idle looks in a row until Jibri counts as gone: one may be lost under load
quiet=0 told=
while [ "$quiet" -lt "$patience" ]; do
  [ -n "$told" ] || ! curl -s -f -m 5 -o /dev/null -X POST "$inside" || told=yes
  case $(curl -s -f -m 5 "$outside" | tr -d ' \n') in
  *'"busyStatus":"BUSY"'*) quiet=0 ;;
  *) quiet=$((quiet + 1)) ;;
  esac
  sleep "$beat"
done
