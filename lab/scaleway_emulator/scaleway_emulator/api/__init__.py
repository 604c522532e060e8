"""The HTTP API, one module per product or kind of resource. Handlers read and change `State`, and raise `errors` where Scaleway refuses; no I/O."""
