#!/bin/sh
# Writes the bridge's own environment to /bridge/env: its UDP port and, with ADDRESS_FROM=node, its node's public address.
# Needs: FIRST_PORT, ORDINAL (empty: 0), ADDRESS_FROM (node|stun), NODE_NAME, a token that may get nodes in /account.
set -eu
out=${OUT:-/bridge/env}
port=$((FIRST_PORT + ${ORDINAL:-0}))
printf 'export JVB_PORT=%s\n' "$port" >"$out"
[ "$ADDRESS_FROM" = node ] || exit 0

api=${API:-https://${KUBERNETES_SERVICE_HOST}:${KUBERNETES_SERVICE_PORT}}
account=${ACCOUNT:-/account}
tries=${TRIES:-60}
while [ "$tries" -gt 0 ]; do
  # The token goes through standard input: an argument would be seen in the process list.
  addresses=$(printf 'header = "Authorization: Bearer %s"\n' "$(cat "$account/token")" |
    curl -sS -f -m 5 --cacert "$account/ca.crt" -K - "$api/api/v1/nodes/$NODE_NAME" |
    jq -r '[.status.addresses[] | select(.type == "ExternalIP") | .address | select(contains(":") | not)] | join(",")') || addresses=
  if [ -n "$addresses" ]; then
    printf 'export JVB_ADVERTISE_IPS=%s\n' "$addresses" >>"$out"
    exit 0
  fi
  tries=$((tries - 1))
  sleep "${PAUSE:-5}"
done
echo "node $NODE_NAME has no ExternalIP, so nobody could reach this bridge; give the pool public addresses or set publicAddress: stun" >&2
exit 1
