"""Object Storage at `s3.REGION.scw.cloud`: buckets, their configuration and small objects, as recordings of the real one answer.

Not emulated, and refused with 501: uploads in parts, versions, CORS, websites, locks, encryption. A lifecycle is checked and
kept, and deletes nothing.
"""
