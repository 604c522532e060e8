#!/bin/sh
# Writes the bridge's environment to /bridge/env: its UDP port and, without STUN, the addresses that it advertises.
# The node's IPv6 address is used only if the pod has one too, because a node forwards a port only within an address family.
# Needs: FIRST_PORT, ORDINAL (default 0), ADDRESS_FROM (stun, or a list of: node, its ExternalIP; internal, its InternalIP; IP
# addresses), NODE_NAME, a token in /account that may get nodes.
# It runs as PID 1, to which SIGTERM does nothing without a trap.
set -eu
trap 'exit 1' TERM INT
out=${OUT:-/bridge/env}
port=$((FIRST_PORT + ${ORDINAL:-0}))
printf 'export JVB_PORT=%s\n' "$port" >"$out"
[ "$ADDRESS_FROM" != stun ] || exit 0

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

of_node() { # the node's addresses of a type
  # Pass the token on standard input, because arguments are visible in the process list.
  printf 'header = "Authorization: Bearer %s"\n' "$(cat "$account/token")" |
    curl -sS -f -m 5 --cacert "$account/ca.crt" -K - "$api/api/v1/nodes/$NODE_NAME" |
    jq -r '[.status.addresses[] | select(.type == "'"$1"'") | .address | '"$families"'] | join(",")'
}

families='.'
pod_has_ipv6 || families='select(contains(":") | not)'
tries=${TRIES:-60}
while [ "$tries" -gt 0 ]; do
  addresses='' missing=''
  for from in $(echo "$ADDRESS_FROM" | tr , ' '); do
    case $from in
    node) type=ExternalIP ;;
    internal) type=InternalIP ;;
    *) type='' ;;
    esac
    found=$from
    [ -z "$type" ] || found=$(of_node "$type") || found=
    [ -n "$found" ] || missing="${missing:+$missing and }$type"
    addresses=$addresses${found:+${addresses:+,}$found}
  done
  if [ -z "$missing" ]; then
    printf 'export JVB_ADVERTISE_IPS=%s\n' "$addresses" >>"$out"
    exit 0
  fi
  tries=$((tries - 1))
  sleep "${PAUSE:-5}" &
  wait $!
done
echo "node $NODE_NAME has no $missing, so nobody could reach this bridge; give the pool public addresses, or set bridges.publicAddress: internal for people in the nodes' network, stun for nodes behind a router that keeps ports, or a list of addresses" >&2
exit 1
