"""Upper bounds shared by several models."""

MAX_BRIDGES = 10_000  # 500 nodes, the limit of any control plane, with 20 bridges each (perNode)
MAX_BRIDGE_PARTICIPANTS = 10_000  # far beyond what a bridge has been seen to carry
MAX_PARTICIPANTS = MAX_BRIDGES * 100
MAX_KBPS = 100_000_000  # 100 Gbit/s, ten times the largest node type
MAX_WEB_PODS = 20
