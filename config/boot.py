"""How long a new node takes until its bridge is usable, in seconds."""

SCAN_SECONDS = 10
"""Until the node autoscaler sees a pending pod (cluster-autoscaler, --scan-interval)."""
NODE_READY_SECONDS = 80
"""From a node's `created_at` to `ready`: 22 of 24 nodes took 46 to 80 s, the others 86 and 133. Source: recordings of the real API,
scaleway/terraform-provider-scaleway@b2d45ed4b, internal/services/k8s/testdata, 17 cassettes, polled every few seconds."""
WARM_UP_SECONDS = 15
"""The longest that a healthy bridge warms up before it opens (`LIMIT` of ready.sh). 1.9 s measured on an idle machine
of two cores; a bridge with the least CPU that the config allows, 500m, takes four times as long by calculation."""
COLD_START_SECONDS = 75
"""From a Ready node to a usable bridge: image, start and warming up (openfun/jitsi-k8s on Kapsule, 2022: Ready after 2 min 45, usable
after 4). A start takes 3.3 to 3.8 s of it, and warming up at most WARM_UP_SECONDS."""
BOOT_SECONDS = SCAN_SECONDS + NODE_READY_SECONDS + COLD_START_SECONDS
DECIDING_SECONDS = 75
"""Scrape, rules, adapter and autoscaler."""
EARLY_SECONDS = 300
"""The first participants come so long before a lesson."""
LEAD_SECONDS = BOOT_SECONDS + DECIDING_SECONDS + EARLY_SECONDS
