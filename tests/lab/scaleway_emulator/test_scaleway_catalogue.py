"""The emulator imports nothing of this program; its own catalogue offers the same."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl

import pytest
from scaleway_emulator import catalogue

from config import node_types
from config.cluster import Cluster
from lab.catalogue import FILES, Refused, text
from lab.catalogue import catalogue as listed


def test_the_emulators_file_is_the_programs():
    first, second = (file.read_text() for file in FILES)
    assert first == second


def test_types_that_kapsule_refuses_are_the_same():
    assert set(catalogue.NODE_TYPES) == set(node_types.NODE_TYPES)
    assert set(catalogue.TOO_SMALL) == set(node_types.REFUSED)


def _before(**changes):
    return json.loads(FILES[0].read_text()) | changes


def _getter(cloud):
    def get(path):
        address, _, query = path.partition("?")
        answer = cloud.ask("GET", address, **dict(parse_qsl(query)))
        if answer.status_code != 200:
            raise Refused(answer.text)
        return answer.json()

    return get


def test_the_catalogue_read_from_an_api_with_these_lists_is_the_file_itself(cloud):
    """The emulator serves the recorded lists, page by page, at its prices by zone."""
    read = listed(_getter(cloud), _before(nodeTypes={}, versions=[]), today=node_types.PRICES_AS_OF)
    assert text(read | {"versionsAsOf": node_types.VERSIONS_AS_OF}) == FILES[0].read_text()


def test_a_new_region_is_read_when_it_is_named_and_versions_stay_where_the_api_wants_a_key(cloud, capsys):
    def get(path):
        if "/versions" in path:
            raise Refused("the API answers 401")
        if "/zones/de-fra-1/" in path:
            return _getter(cloud)(path.replace("de-fra-1", "it-mil-1"))
        return _getter(cloud)(path)

    read = listed(get, _before(), ("de-fra",))
    assert read["zones"]["de-fra"] == ["de-fra-1"]
    assert "de-fra-1" in read["nodeTypes"]["COMPUTE3-X4C-8G"]["zones"]
    assert read["versionsAsOf"] == node_types.VERSIONS_AS_OF
    assert "set SCW_SECRET_KEY" in capsys.readouterr().out


def test_an_address_that_is_not_the_api_is_refused():
    def get(path):
        raise Refused(path)

    with pytest.raises(Refused, match="no zone of fr-par"):
        listed(get, _before())


def test_a_price_is_that_of_the_zone():
    node_type = node_types.NODE_TYPES["PRO2-XS"]
    assert (node_type.hourly_in("fr-par-1"), node_type.hourly_in("fr-par-3")) == (0.1122, 0.1683)


def test_the_default_version_of_a_stack_is_offered():
    assert Cluster().version in catalogue.VERSIONS
