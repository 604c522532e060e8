"""When Kapsule's autoscaler gives a node back; seconds. One cluster has one autoscaler, so all its shards share them."""

UNNEEDED = 300
"""`scale_down_unneeded_time`: a node without a bridge, and without a placeholder, stays for so long."""
KEPT_AFTER_GROWTH = 600
"""`scale_down_delay_after_add`: none goes for so long after one was added anywhere in the cluster."""
