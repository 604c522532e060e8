"""Sabotages of further host names."""

from sabotages import Sabotage

LED = "Further host names have a record and a certificate, and lead to the domain."


def _text(old, new):
    def change(p):
        assert old in p["data"]["haproxy.cfg"]
        p["data"]["haproxy.cfg"] = p["data"]["haproxy.cfg"].replace(old, new)

    return change


SABOTAGES = (
    Sabotage(
        LED,
        "jitsi-edge-config",
        _text(" video.example.org m.example.org }", " video.example.org }"),
        "edge-host-not-led",
        stack="documented",
        says="m.example.org is not led",
    ),
    Sabotage(
        LED,
        "jitsi-edge-config",
        _text("redirect prefix https://meet.example.org", "redirect prefix https://other.example.org"),
        "edge-host-not-led",
        stack="documented",
    ),
    Sabotage(LED, "scaleway-address-record-m.example.org", None, "edge-record-differs", stack="documented"),
    Sabotage(
        LED,
        "jitsi-edge-certificate-m.example.org",
        lambda p: p["spec"]["dnsNames"].pop(),
        "edge-certificate-differs",
        stack="documented",
        says="m.example.org",
    ),
)
