"""Where web finds whiteboard and documents: one Service each for the whole stack, whatever shard's pages people have.

Which of them a person reaches may not depend on the web pod that their browser met, and neither program's address tells a room.
"""

WHITEBOARD, ETHERPAD = "whiteboard", "etherpad"
WHITEBOARD_PORT = 3002  # TCP in, socket.io, from web; upstream's port in development, as 80 is for root
WHITEBOARD_METRICS_PORT = 9090  # TCP in, from what reads metrics; fixed upstream
ETHERPAD_PORT = 9001  # TCP in, from web; the image's


def url(component: str, port: int, namespace: str) -> str:
    """Base address, by full name: nginx resolves the whiteboard's at run time, without search domains."""
    return f"http://{component}.{namespace}.svc.cluster.local:{port}"
