"""The stack's name where others bound it: Pulumi takes 100 letters, digits, dashes, underscores and dots in any order."""

import hashlib
import re

_LABEL_VALUE = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
LABEL_LENGTH = 63
IAM_LENGTH = 64  # names of applications and policies (scaleway-sdk-go, api/iam/v1alpha1)
_HASH_LENGTH = 8


def fitted(name: str, length: int) -> str:
    """Return the name, or its beginning with a hash of the whole where it is too long."""
    if len(name) <= length:
        return name
    kept = name[: length - _HASH_LENGTH - 1].rstrip("-_.")
    return f"{kept}-{hashlib.sha256(name.encode()).hexdigest()[:_HASH_LENGTH]}"


def instance_of(stack: str) -> str:
    """Return the stack's name as the value of a label: as it is where Kubernetes takes it, else with a hash of the whole.

    Names that are taken must stay as they are: the label is in selectors, which cannot change.
    """
    if _LABEL_VALUE.fullmatch(stack):
        return stack
    bare = stack.strip("-_.")
    digest = hashlib.sha256(stack.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{bare[: LABEL_LENGTH - _HASH_LENGTH - 1].rstrip('-_.')}-{digest}".lstrip("-")
