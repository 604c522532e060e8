"""Mutations of the edge, and of what may reach pods."""

from lab.mutations.mutation import Mutation, rules

_CFG, _PODS = "components/ingress/haproxy_cfg.py", "components/ingress/manifests.py"
_BALANCER, _SPLIT = "config/balancer.py", "components/ingress/turn_split.py"
_POLICIES, _PARTS = "components/kubernetes/network_policies.py", "sizing/parts.py"
_ADMISSION, _POD = "components/admission/policy.py", "components/kubernetes/pod.py"
_TURN = "components/turn/manifests.py"

EDGE = (
    Mutation(_CFG, "ssl-min-ver TLSv1.2", "ssl-min-ver TLSv1.0", "Browsers use TLS 1.2 or later.", rules()),
    Mutation(
        _CFG,
        "http-request set-header X-Forwarded-For %[src]",
        "http-request add-header X-Forwarded-For %[src]",
        "A client cannot name its own address.",
        rules(),
    ),
    Mutation(
        _CFG,
        "301 unless { ssl_fc }",
        "301 if { ssl_fc }",
        "Pages are served by HTTPS only.",
        rules(),
    ),
    Mutation(_CFG, "max-age=31536000", "max-age=0", "Browsers remember HTTPS for a year.", rules()),
    Mutation(
        "components/ingress/edge_settings.py",
        " unless {{ src {self.pods} }}",
        " if {{ src {self.pods} }}",
        "HAProxy reads the client's address from the load balancer.",
        rules(),
    ),
    Mutation(
        _CFG,
        '"    use_backend signalling if signalling"',
        '"    use_backend web if signalling"',
        "Signalling goes to the room's shard.",
        rules(),
    ),
    Mutation(_CFG, '"    timeout server 90s"', '"    timeout server 30s"', "BOSH holds a request for 60 s.", rules()),
    Mutation(_CFG, 'TUNNEL_TIMEOUT = "1h"', 'TUNNEL_TIMEOUT = "5s"', "A websocket lasts between two pings.", rules()),
    Mutation(
        _BALANCER,
        '"proxy-protocol-v2", "false", "true"',
        '"proxy-protocol-v2", "false", "false"',
        "The load balancer tells HAProxy the client's address.",
        rules(),
    ),
    Mutation(
        _BALANCER,
        '"timeout-tunnel", "10m", "4h"',
        '"timeout-tunnel", "10m", "10m"',
        "The load balancer keeps websockets of quiet rooms.",
        rules(),
    ),
    Mutation(
        _PODS,
        '"externalTrafficPolicy": "Local",',
        '"externalTrafficPolicy": "Cluster",',
        "The load balancer knows which nodes have an HAProxy.",
        rules(),
    ),
    Mutation(
        _PODS,
        "sleep {DRAIN_SECONDS}; kill",
        "kill",
        "HAProxy listens until the load balancer has turned away.",
        rules(),
    ),
    Mutation(
        _PODS,
        '"publishNotReadyAddresses": True,',
        '"publishNotReadyAddresses": False,',
        "A new HAProxy learns the open rooms before it is ready.",
        rules(),
    ),
    Mutation(
        _PODS,
        'startupProbe=pod.http_probe("/settled"',
        'startupProbe=pod.http_probe("/healthz"',
        "An HAProxy takes clients once it knows the open rooms.",
        rules(),
    ),
    Mutation(
        _SPLIT,
        "use_backend to-{TURNS} if {{ req.ssl_sni",
        "use_backend to-{TURNS} unless {{ req.ssl_sni",
        "The server name tells TURN from HTTPS.",
        rules("turn"),
    ),
)

POLICIES = (
    Mutation(
        _POLICIES,
        '**({"endPort": last} if last > first else {})',
        "",
        "A policy lets in the whole range of media ports.",
        rules(),
    ),
    Mutation(
        _PARTS,
        '(METRICS_READER, "prosody"), "metrics, health, shutdown without login"',
        '(ANY_POD,), "metrics, health, shutdown without login"',
        "Only the metrics reader reaches a bridge's REST interface.",
        "tests/sizing/test_parts.py::test_any_pod_reaches_only_ports_that_are_public_or_show_metrics",
    ),
    Mutation(
        _PARTS,
        '("jvb", "jicofo", "jibri", "jigasi", "transcriber")',
        '("jicofo", "jibri", "jigasi", "transcriber")',
        "Bridges reach their prosody.",
        "tests/components/test_flows_of_addresses.py"
        "::test_a_pod_may_reach_every_service_that_its_environment_names[local]",
    ),
    Mutation(
        "components/shard_policies.py",
        "if part.per_shard and part.opens and not part.key",
        'if part.per_shard and part.opens and not part.key and part.name != "prosody"',
        "Every part of a shard has a policy.",
        rules(),
    ),
    Mutation(
        _POLICIES,
        "of_shard = part.per_shard and NAMED[peer].per_shard",
        "of_shard = False",
        "Pods of one shard do not reach those of another.",
        rules(),
    ),
    Mutation(
        _TURN,
        '"policyTypes": ["Ingress", "Egress"]',
        '"policyTypes": ["Ingress"]',
        "coturn sends to bridges only.",
        rules("turn"),
    ),
    Mutation(
        _TURN,
        '"to": [pods_named(JVB.name, shard.name)], "ports"',
        '"to": [pods_named("web", shard.name)], "ports"',
        "coturn reaches the bridges.",
        rules("turn"),
    ),
    Mutation(
        "components/turn/coturn_conf.py",
        '*(f"denied-peer-ip={everything}" for everything in DENIED),',
        "",
        "coturn denies every peer but bridges.",
        "tests/components/test_turn_objects.py::test_coturns_configuration_denies_everything_then_allows_the_peers",
    ),
    Mutation(
        _ADMISSION,
        '"failurePolicy": "Fail"',
        '"failurePolicy": "Ignore"',
        "No pod comes in unjudged.",
        rules(),
    ),
    Mutation(
        _ADMISSION,
        '"validationActions": ["Deny"]',
        '"validationActions": ["Audit"]',
        "Pods beyond the restricted standard are refused.",
        rules(),
    ),
    Mutation(
        _ADMISSION,
        '"operations": ["CREATE", "UPDATE"]',
        '"operations": ["UPDATE"]',
        "New pods are judged.",
        rules(),
    ),
    Mutation(
        "sizing/host_ports.py",
        "slots[0].port, slots[-1].port",
        "slots[0].port, 65535",
        "Pods take exactly the planned host ports.",
        rules(),
    ),
    Mutation(
        _POD,
        '"allowPrivilegeEscalation": False,',
        '"allowPrivilegeEscalation": True,',
        "No container gains rights.",
        rules(),
    ),
    Mutation(
        _POD,
        '"readOnlyRootFilesystem": True,',
        '"readOnlyRootFilesystem": False,',
        "Images stay as they are.",
        "tests/components/test_component_contract.py"
        "::test_every_container_is_restricted_and_has_requests_and_a_memory_limit[local]",
    ),
)
