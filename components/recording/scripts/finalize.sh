#!/bin/sh
# Jibri runs it with a recording's folder once the recording has ended: the folder is whole, and goes there.
set -eu
sync "$1"/* # what upload.sh verifies later must be what a node that dies has kept
printf 'recordings/%s\n' "$(date -u +%Y/%m/%d)" >"$1/.upload.new"
mv -f "$1/.upload.new" "$1/.upload"
