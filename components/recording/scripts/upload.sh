#!/bin/sh
# Native sidecar of a recorder: uploads finished recordings to the bucket, reads them back, and only then deletes them here.
# Recordings of a killed Jibri go to incomplete/. Exits when the recorder has stopped and nothing is left to upload.
# Requires: BUCKET, and rclone's remote `store` in RCLONE_CONFIG_STORE_*, so that no key is in an argument. The two keys are files of
# these names and are reread before every pass, so that a changed key also reaches running recorders.
set -u
recordings=${RECORDINGS:-/storage/recordings}
counts=${COUNTS:-/storage/uploads}
keys=${KEYS:-/store-keys}
jibri=${JIBRI:-http://127.0.0.1:2222}
beat=${BEAT:-5}            # seconds between two looks at the folders
settle=${SETTLE:-60}       # seconds without a change after which an idle Jibri's folder counts as left behind
first_pause=${FIRST:-15}   # seconds; doubled after each pass with a failure
last_pause=${LAST:-600}
leaving_pause=${HURRY:-30} # the same once the pod is being deleted
leaving='' nap='' failures=0
trap 'leaving=yes; [ -z "$nap" ] || kill "$nap" 2>/dev/null' TERM INT

wait_for() {
  sleep "$1" &
  nap=$!
  wait "$nap" # unlike a command in the foreground it ends with a signal
  nap=
}

count() { # the watch reads these; a full volume must not stop an upload
  number=0
  [ ! -f "$counts/$1" ] || read -r number <"$counts/$1" || number=0
  { echo $((number + 1)) >"$counts/$1.new" && mv -f "$counts/$1.new" "$counts/$1"; } 2>/dev/null
}

left_behind() { # nobody writes there any more, and nobody said that it is whole
  if [ -z "$leaving" ]; then
    case $(curl -s -f -m 4 "$jibri/jibri/api/v1.0/health" | tr -d ' \n') in
    '' | *'"busyStatus":"BUSY"'*) return 1 ;;
    esac
    [ -z "$(find "$1" -newermt "-$settle seconds" -print -quit)" ] || return 1
  fi
}

read_keys() {
  for file in "$keys"/RCLONE_CONFIG_STORE_*; do
    if [ -f "$file" ]; then export "${file##*/}=$(cat "$file")"; fi
  done
}

store() { # command, folder, place, more flags
  command=$1 from=$2 place=$3
  shift 3
  rclone "$command" "$from" "store:$BUCKET/$place" --exclude '/.upload*' --retries 1 --low-level-retries 3 \
    --contimeout 10s --timeout "${TIMEOUT:-60s}" --transfers 1 --checkers 1 --s3-no-check-bucket \
    --s3-upload-cutoff 16M --s3-chunk-size 16M --s3-upload-concurrency 2 --stats 0 --log-level ERROR "$@"
}

upload() { # a folder; true once every byte of it has been read back
  again=
  [ ! -e "$1/.upload.again" ] || again=--ignore-times # a copy that looks right and is not would never be replaced
  # shellcheck disable=SC2086 # one flag or none
  store copy "$1" "$prefix/${1##*/}" $again || return 1
  store check "$1" "$prefix/${1##*/}" --one-way --download && return
  : >"$1/.upload.again"
  return 1
} 2>&1

pass() { # every folder once; true if none failed. Sets `left`: folders that wait for an upload
  failed=0 left=0
  for folder in "$recordings"/*/; do
    folder=${folder%/}
    [ -d "$folder" ] || continue
    prefix=
    { read -r prefix <"$folder/.upload"; } 2>/dev/null
    if [ -z "$prefix" ]; then
      left_behind "$folder" || continue
      if rmdir "$folder" 2>/dev/null; then continue; fi
      prefix=incomplete/$(date -u +%Y/%m/%d)
      # Kept, so that a retry uses the same place; if the volume is full, the retry uses that day's place.
      { printf '%s\n' "$prefix" >"$folder/.upload.new" && mv -f "$folder/.upload.new" "$folder/.upload"; } 2>/dev/null
      echo "upload: ${folder##*/} was left behind; it goes to $prefix"
      count incomplete
    fi
    if upload "$folder"; then
      rm -rf "$folder"
      count uploaded
      echo "upload: ${folder##*/} is in $prefix, read back and deleted here"
    else
      failed=$((failed + 1)) left=$((left + 1))
      count failures
    fi
  done
  [ "$failed" -eq 0 ]
}

mkdir -p "$recordings" "$counts"
while :; do
  read_keys
  ending=$leaving # what comes while a pass is on is seen by the next one
  if pass; then
    failures=0
    [ -z "$ending" ] || exit 0
    [ -n "$leaving" ] || wait_for "$beat"
  else
    failures=$((failures + 1))
    longest=$last_pause
    [ -z "$leaving" ] || longest=$leaving_pause
    pause=$first_pause doubled=1
    while [ "$doubled" -lt "$failures" ] && [ "$pause" -lt "$longest" ]; do
      pause=$((pause * 2)) doubled=$((doubled + 1))
    done
    [ "$pause" -le "$longest" ] || pause=$longest
    echo "upload: $left not uploaded and kept; again in ${pause}s" >&2
    wait_for "$pause"
  fi
done
