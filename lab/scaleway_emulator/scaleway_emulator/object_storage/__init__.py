"""Object Storage at `s3.REGION.scw.cloud`: buckets, their configuration and small objects. Answers follow recordings of the real API.

Refused with 501: multipart uploads, versioning, CORS, websites, object locks, encryption. Lifecycles are stored and delete nothing.
"""
