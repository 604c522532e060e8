"""The story of a lost zone: real HAProxies in rendered pods, load balancers before them, name servers, and people who come back."""
