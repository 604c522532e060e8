"""Lifecycles of buckets, checked as the S3 protocol asks. They are stored and answered; nothing expires here."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from scaleway_emulator.object_storage.errors import S3Error

MAX_RULES = 1000  # the S3 protocol's own limit
MAX_ID_LENGTH = 255
ACTIONS = {
    *("Expiration", "Transition", "AbortIncompleteMultipartUpload"),
    *("NoncurrentVersionExpiration", "NoncurrentVersionTransition"),
}
DAYS = ("Days", "DaysAfterInitiation", "NoncurrentDays")


def parse(content: bytes) -> list[str]:
    """Each rule of a document as XML without its namespace.

    Raises:
        S3Error: the document is no valid lifecycle.
    """
    root = document(content, "LifecycleConfiguration")
    rules = list(root)
    if not 1 <= len(rules) <= MAX_RULES:
        raise S3Error("MalformedXML", f"1 to {MAX_RULES} rules")
    names: list[str] = []
    for rule in rules:
        _check(rule)
        names.append(rule.findtext("ID") or "")
    if len({name for name in names if name}) != len([name for name in names if name]):
        raise S3Error("MalformedXML", "two rules have the same ID")
    return [ET.tostring(rule, encoding="unicode") for rule in rules]


def _check(rule: ET.Element) -> None:
    parts = {part.tag for part in rule}
    if rule.tag != "Rule":
        raise S3Error("MalformedXML", f"<{rule.tag}> is no Rule")
    if rule.findtext("Status") not in ("Enabled", "Disabled"):
        raise S3Error("MalformedXML", "Status is Enabled or Disabled")
    if len(rule.findtext("ID") or "") > MAX_ID_LENGTH:
        raise S3Error("MalformedXML", f"an ID has {MAX_ID_LENGTH} characters at most")
    if ("Filter" in parts) == ("Prefix" in parts):
        raise S3Error("MalformedXML", "a rule has a Filter, or a Prefix")
    if not parts & ACTIONS:
        raise S3Error("MalformedXML", "a rule has an action")
    for element in rule.iter():
        if element.tag in DAYS and not ((element.text or "").isdigit() and int(element.text or "0") > 0):
            raise S3Error("MalformedXML", f"{element.tag} is a number above 0")


def document(content: bytes, tag: str) -> ET.Element:
    """The root element without namespaces.

    Raises:
        S3Error: the document is no XML, or its root is not `tag`.
    """
    try:
        root = ET.fromstring(content)  # noqa: S314 - from a local client
    except ET.ParseError as error:
        raise S3Error("MalformedXML", str(error)) from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    if root.tag != tag:
        raise S3Error("MalformedXML", f"expected {tag}, got {root.tag}")
    return root
