#!/bin/sh
# Jibri runs this with a recording's folder when the recording has ended. Marks the folder as complete, with its place in the bucket.
set -eu
sync "$1"/* # what upload.sh verifies later must be what a node that dies has kept
printf 'recordings/%s\n' "$(date -u +%Y/%m/%d)" >"$1/.upload.new"
mv -f "$1/.upload.new" "$1/.upload"
