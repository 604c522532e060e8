"""Sabotages of the load balancer, its health checks and timeouts."""

from sabotages import Sabotage, container, pods
from sabotages.edge import CONFIG, HAPROXY, SERVICE, line, note, port

HEADERS = "A pod cannot claim the address of a client."

SABOTAGES: list[Sabotage] = [
    Sabotage("Both sides speak PROXY.", SERVICE, note("proxy-protocol-v2", None), "edge-proxy-protocol-differs"),
    Sabotage("Both sides speak PROXY.", SERVICE, note("proxy-protocol-v2", "false"), "edge-proxy-protocol-differs"),
    Sabotage(
        "Both sides speak PROXY.",
        CONFIG,
        line("tcp-request connection expect-proxy", "# expect-proxy"),
        "edge-proxy-protocol-differs",
        "8443",
    ),
    Sabotage(HEADERS, CONFIG, line("bind :8443", "bind :8443 accept-proxy"), "edge-address-forged", "on :8443"),
    Sabotage(HEADERS, CONFIG, line("bind :8080", "bind :8080 accept-proxy"), "edge-address-forged", "on :8080"),
    Sabotage(HEADERS, CONFIG, line("layer4 unless { src 100.64.0.0/15 }", "layer4"), "edge-address-forged", "8443"),
    Sabotage(HEADERS, CONFIG, line("unless { src 100.64.0.0/15 }", "if { src 100.64.0.0/15 }"), "edge-address-forged"),
    Sabotage(HEADERS, CONFIG, line("src 100.64.0.0/15", "src 100.64.0.0/16"), "edge-address-forged", "any pod"),
    Sabotage(
        HEADERS,
        CONFIG,
        line("bind :8443", "bind :8443 accept-proxy"),
        "edge-address-forged",
        "tls believes",
        stack="turn",
    ),
    Sabotage(
        "Both sides speak PROXY.",
        CONFIG,
        line("bind :8080", "bind :8080 accept-proxy"),
        "edge-proxy-protocol-differs",
        stack="existing-static",
    ),
    Sabotage(
        "Inner hops keep addresses.",
        CONFIG,
        line("https.sock send-proxy-v2", "https.sock"),
        "edge-proxy-protocol-differs",
        stack="turn",
    ),
    Sabotage(
        "Coturn reads PROXY.", CONFIG, line("3480 send-proxy-v2", "3480"), "edge-proxy-protocol-differs", stack="turn"
    ),
    Sabotage("The balancer is the config's.", SERVICE, note("type", "LB-GP-XL"), "edge-balancer-differs", "LB-S"),
    Sabotage(
        "The balancer is where its address is.", SERVICE, note("zone", "fr-par-2"), "edge-balancer-differs", "fr-par-1"
    ),
    Sabotage("The address is reserved.", SERVICE, note("ip-ids", None), "edge-balancer-differs", "ip-ids"),
    Sabotage("Pods use the balancer.", SERVICE, note("use-hostname", "false"), "edge-balancer-differs", "use-hostname"),
    Sabotage(
        "Everyone may come.",
        SERVICE,
        lambda p: p["spec"].update(loadBalancerSourceRanges=["10.0.0.0/8"]),
        "edge-balancer-differs",
    ),
    Sabotage(
        "80 and 443 are open.",
        SERVICE,
        lambda p: p["spec"]["ports"].append({"port": 8404, "targetPort": "stats"}),
        "edge-balancer-differs",
    ),
    Sabotage("80 and 443 are open.", SERVICE, port(443, port=8443), "edge-balancer-differs"),
    Sabotage("443 leads to TLS.", SERVICE, port(443, targetPort="peers"), "edge-internals-exposed"),
    Sabotage(
        "Clients keep their address.",
        SERVICE,
        lambda p: p["spec"].update(externalTrafficPolicy="Cluster"),
        "edge-health-differs",
    ),
    Sabotage(
        "The health port is fixed.", SERVICE, lambda p: p["spec"].pop("healthCheckNodePort"), "edge-health-differs"
    ),
    Sabotage("The node port is fixed.", SERVICE, port(80, nodePort=31000), "edge-health-differs", "31000"),
    Sabotage("A leaving HAProxy is left first.", SERVICE, note("health-check-delay", "30s"), "edge-health-differs"),
    Sabotage(
        "A lost node is left soon.", SERVICE, note("health-check-max-retries", None), "edge-health-differs", "5 checks"
    ),
    Sabotage("A lost node is not waited for.", SERVICE, note("timeout-connect", None), "edge-timeout-cuts", "600 s"),
    Sabotage("Everyone comes in.", SERVICE, note("connection-rate-limit", "10"), "edge-balancer-differs", "not none"),
    Sabotage(
        "A leaving HAProxy is left first.", HAPROXY, lambda p: container(p).pop("lifecycle"), "edge-health-differs"
    ),
    Sabotage(
        "Requests end by themselves.",
        HAPROXY,
        lambda p: pods(p).update(terminationGracePeriodSeconds=30),
        "edge-health-differs",
    ),
    Sabotage(
        "Probes ask what answers.",
        HAPROXY,
        lambda p: container(p)["startupProbe"]["httpGet"].update(path="/metrics"),
        "edge-health-differs",
    ),
    Sabotage("Probes ask what answers.", CONFIG, line("monitor-uri /healthz"), "edge-health-differs"),
    Sabotage("Websockets stay.", CONFIG, line("timeout tunnel 1h", "timeout tunnel 1"), "edge-timeout-cuts", "tunnel"),
    Sabotage("Websockets stay.", SERVICE, note("timeout-tunnel", "10m"), "edge-timeout-cuts"),
    Sabotage("Websockets stay.", SERVICE, note("timeout-tunnel", None), "edge-timeout-cuts"),
    Sabotage("BOSH is held.", CONFIG, line("timeout server 90s", "timeout server 30s"), "edge-timeout-cuts"),
    Sabotage("Slow clients leave.", CONFIG, line("timeout http-request 10s"), "edge-timeout-cuts"),
    Sabotage(
        "Old processes keep websockets.", CONFIG, line("hard-stop-after 4h", "hard-stop-after 4m"), "edge-timeout-cuts"
    ),
]
