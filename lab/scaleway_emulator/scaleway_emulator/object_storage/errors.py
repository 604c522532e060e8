"""Error answers of the S3 protocol."""

from __future__ import annotations

from xml.sax.saxutils import escape

from scaleway_emulator.resource import new_id

MESSAGES = {  # code -> status, message; recorded from the real API, the others from the S3 reference
    "AccessDenied": (403, "Access Denied."),
    "BucketAlreadyExists": (409, "The requested bucket name is not available"),
    "BucketAlreadyOwnedByYou": (
        409,
        "Your previous request to create the named bucket succeeded and you already own it.",
    ),
    "BucketNotEmpty": (409, "The bucket that you tried to delete is not empty."),
    "InvalidAccessKeyId": (403, "The access key ID you provided does not exist in our records."),
    "InvalidBucketName": (400, "The specified bucket is not valid."),
    "MalformedPolicy": (400, "Policies must be valid JSON and name a version, principals, actions and resources"),
    "MalformedXML": (400, "The XML you provided was not well-formed or did not validate against our published schema."),
    "MethodNotAllowed": (405, "The specified method is not allowed against this resource."),
    "NoSuchBucket": (404, "The specified bucket does not exist"),
    "NoSuchBucketPolicy": (404, "The bucket policy does not exist"),
    "NoSuchCORSConfiguration": (404, "The CORS configuration does not exist"),
    "NoSuchKey": (404, "The specified key does not exist."),
    "NoSuchLifecycleConfiguration": (404, "The lifecycle configuration does not exist"),
    "NoSuchTagSet": (404, "The TagSet does not exist"),
    "NotImplemented": (501, "not emulated"),
    "ObjectLockConfigurationNotFoundError": (404, "Object Lock configuration does not exist for this bucket"),
    "SignatureDoesNotMatch": (403, "The request signature we calculated does not match the signature you provided."),
}


class S3Error(Exception):
    """An error answer, by its code."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        self.status, message = MESSAGES[code]
        self.message = f"{message}: {detail}" if detail else message
        super().__init__(self.message)

    def body(self, resource: str) -> str:
        """The XML document."""
        request = f"txg{new_id()}"
        return (
            f"<Error><Code>{self.code}</Code><Message>{escape(self.message)}</Message><RequestId>{request}</RequestId>"
            f"<HostId>{request}</HostId><Resource>{escape(resource)}</Resource></Error>"
        )
