#!/bin/sh
# Writes the bridge's own environment to /bridge/env: its UDP port and, with ADDRESS_FROM=node, its node's public addresses.
# The node's IPv6 address counts where the pod has one itself: a node passes a port on within a family, never from one to the other.
# Needs: FIRST_PORT, ORDINAL (empty: 0), ADDRESS_FROM (node|stun), NODE_NAME, a token that may get nodes in /account.
# As the first process of its container it must say so itself that it ends when it is told to.
set -eu
trap 'exit 1' TERM INT
out=${OUT:-/bridge/env}
port=$((FIRST_PORT + ${ORDINAL:-0}))
printf 'export JVB_PORT=%s\n' "$port" >"$out"
[ "$ADDRESS_FROM" = node ] || exit 0

api=${API:-https://${KUBERNETES_SERVICE_HOST}:${KUBERNETES_SERVICE_PORT}}
account=${ACCOUNT:-/account}
inet6=${INET6:-/proc/net/if_inet6}

# Columns: address, interface number, prefix length, scope (00: global), flags, interface.
pod_has_ipv6() {
  [ -r "$inet6" ] || return 1
  while read -r _ _ _ scope _ name; do
    [ "$scope" != 00 ] || [ "$name" = lo ] || return 0
  done <"$inet6"
  return 1
}

families='.'
pod_has_ipv6 || families='select(contains(":") | not)'
tries=${TRIES:-60}
while [ "$tries" -gt 0 ]; do
  # The token goes through standard input: an argument would be seen in the process list.
  addresses=$(printf 'header = "Authorization: Bearer %s"\n' "$(cat "$account/token")" |
    curl -sS -f -m 5 --cacert "$account/ca.crt" -K - "$api/api/v1/nodes/$NODE_NAME" |
    jq -r '[.status.addresses[] | select(.type == "ExternalIP") | .address | '"$families"'] | join(",")') || addresses=
  if [ -n "$addresses" ]; then
    printf 'export JVB_ADVERTISE_IPS=%s\n' "$addresses" >>"$out"
    exit 0
  fi
  tries=$((tries - 1))
  sleep "${PAUSE:-5}" &
  wait $!
done
echo "node $NODE_NAME has no ExternalIP, so nobody could reach this bridge; give the pool public addresses or set publicAddress: stun" >&2
exit 1
