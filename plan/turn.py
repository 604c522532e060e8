"""What the TURN relay asks of the cluster."""

from plan.signalling import PodSize

TURN_SERVICE = "coturn"
COTURN = PodSize(250, 256)
"""One pod's requests; a relayed packet costs two copies and no cryptography, so a whole core carries some hundred people."""
CPU_PERCENT = 60  # of the request; sessions never move, so a new pod helps only those who come after it
