"""Cockpit's data sources and tokens, as the provider asks for them."""

from tests.lab.scaleway_emulator.cloud import REGION, Cloud

COCKPIT = f"/cockpit/v1/regions/{REGION}"


def test_a_data_source_has_an_address_and_keeps_for_as_long_as_it_is_told(cloud: Cloud):
    source = cloud.make(f"{COCKPIT}/data-sources", {"name": "jitsi", "type": "logs", "retention_days": 30})
    assert source["url"].startswith("https://")
    assert cloud.make(f"{COCKPIT}/data-sources/{source['id']}", {"retention_days": 7}, "PATCH")["retention_days"] == 7
    assert "less than or equal to 365" in cloud.refused(
        "PATCH", f"{COCKPIT}/data-sources/{source['id']}", {"retention_days": 400}
    )


def test_a_tokens_secret_is_told_once(cloud: Cloud):
    token = cloud.make(f"{COCKPIT}/tokens", {"name": "jitsi", "token_scopes": ["write_only_logs"]})
    assert token["secret_key"]
    assert "secret_key" not in cloud.get(f"{COCKPIT}/tokens/{token['id']}")
    assert "write_only_logs" in cloud.refused(
        "POST", f"{COCKPIT}/tokens", {"name": "x", "token_scopes": ["write_logs"]}
    )
