"""Bad stack files: every problem at once, each with its place, limit, value and remedy."""

import pytest

from config.problems import ConfigError
from config.read import parse, stack_file

GOOD = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "meet.example.org",
    "jitsi:cluster": '{"version": "1.35.3"}',
    "jitsi:shards": '[{"name": "s0", "zone": "fr-par-1"}]',
}


def problems_of(**changes):
    values = dict(GOOD)
    for key, value in changes.items():
        name = "scaleway:region" if key == "region" else f"jitsi:{key}"
        if value is None:
            values.pop(name)
        else:
            values[name] = value
    with pytest.raises(ConfigError) as caught:
        parse(values)
    return [str(problem) for problem in caught.value.problems]


def test_a_small_stack_is_accepted():
    assert parse(GOOD).resolved[0].first_port == 10000


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"domain": None}, ["domain: required"]),
        ({"domain": "Meet_Example"}, ["domain: a host name", "Meet_Example"]),
        ({"bridges": '{"layuot": "hostPort"}'}, ["bridges.layuot: unknown key; did you mean layout?"]),
        ({"shards": "[]"}, ["shards: at least one shard"]),
        ({"monitoring": '{"logs": {"to": "loki"}}'}, ["monitoring.logs", "loki needs url"]),
        (
            {"monitoring": '{"logs": {"to": "cockpit", "user": "me", "tenant": "t"}}'},
            ["user, tenant is read only with to: loki; here it is cockpit"],
        ),
        ({"monitoring": '{"logs": {"to": "cockpit", "retention": "36h"}}'}, ["monitoring.logs", "whole days"]),
        (
            {"monitoring": '{"logs": {"to": "cockpit"}}', "cluster": '{"kind": "existing"}', "region": None},
            ["monitoring.logs.to: cockpit is made by the stack at Scaleway"],
        ),
        ({"shards": '[{"name": "s0", "zone": "nl-ams-1"}]'}, ["shards[0].zone", "nl-ams-1", "fr-par"]),
        ({"shards": '[{"name": "S 0", "zone": "fr-par-1"}]'}, ["shards[0].name"]),
        ({"region": None}, ["scaleway:region", "fr-par"]),
        ({"region": "us-east"}, ["scaleway:region", "fr-par"]),
        ({"cluster": '{"version": "1.35"}'}, ["cluster: version", "autoUpgrade"]),
        ({"cluster": '{"version": "latest"}'}, ["latest", "1.35.3"]),
        (
            {"cluster": '{"version": "1.35.3", "autoUpgrade": {"day": "sunday", "hour": 3}}'},
            ["1.35.3", "autoUpgrade", '"1.35"'],
        ),
        ({"cluster": '{"privateNetwork": "172.16.0.0/24"}'}, ["cluster.privateNetwork", "/22"]),
        ({"cluster": '{"privateNetwork": "100.64.0.0/20"}'}, ["overlaps", "pods"]),
        ({"cluster": '{"system": {"nodeType": "DEV1-S"}}'}, ["cluster.system.nodeType", "DEV1-S", "DEV1-M"]),
        (
            {"ingress": '{"nodePorts": {"http": 30043}}'},
            ["ingress.nodePorts", "http 30043, https 30043", "three ports"],
        ),
        ({"web": '{"replicas": 3, "maxReplicas": 2}'}, ["web", "maxReplicas 2", "replicas 3"]),
        ({"bridges": '{"min": 12, "max": 10}'}, ["bridges.min", "12", "10"]),
        ({"bridges": '{"nodeType": "BASIC3-X4C"}'}, ["did you mean BASIC3-X4C-8G?"]),
        ({"bridges": '{"layout": "hostPort", "firstPort": 30000}'}, ["bridges.firstPort", "NodePorts"]),
        ({"bridges": '{"layout": "nodePort", "firstPort": 32700, "max": 100}'}, ["firstPort", "32767", "32668"]),
        ({"bridges": '{"layout": "nodePort", "topology": "daemonset"}'}, ["bridges.topology", "hostPort"]),
        ({"bridges": '{"layout": "hostPort", "perNode": 3, "min": 2}'}, ["bridges.min", "perNode 3"]),
        ({"bridges": '{"drain": {"deadline": "5m", "migrateAfter": "10m"}}'}, ["drain", "5m", "12m12s"]),
        ({"bridges": '{"drain": {"deadline": 300}}'}, ["drain"]),
        (
            {"bridges": '{"drain": {"deadline": "24855d", "migrateAfter": "1d"}}'},
            ["bridges.drain.deadline: lasts at least 1s and at most 7d (604800 s), got 24855d; lower it"],
        ),
        ({"bridges": '{"scaling": {"scaleDownWindow": "2h"}}'}, ["bridges.scaling.scaleDownWindow", "3600"]),
        ({"ingress": '{"tls": {"mode": "secret"}}'}, ["ingress.tls", "secretName"]),
        ({"metrics": '{"prometheus": "existing"}'}, ["metrics", "url"]),
        ({"auth": '{"type": "jwt"}'}, ["auth", "appId"]),
        ({"turn": '{"host": "meet.example.org"}'}, ["turn.host", "turn.meet.example.org"]),
        ({"turn": '{"replicas": 4, "maxReplicas": 3}'}, ["turn.maxReplicas", "below replicas 4"]),
        ({"turn": '{"peers": ["0.0.0.0/0"]}'}, ["turn.peers[0]", "relay to the Internet"]),
        ({"turn": "{}", "cluster": '{"kind": "existing"}'}, ["turn.peers", "required with cluster kind existing"]),
        ({"turn": '{"sessions": 9000}'}, ["turn.sessions", "8000"]),
        ({"auth": '{"type": "ldap"}'}, ["auth.ldap", "servers", "base"]),
        (
            {"auth": '{"type": "internal", "ldap": {"servers": ["ldaps://a.org"], "base": "x"}}'},
            ["auth.ldap", "internal"],
        ),
        ({"auth": '{"type": "jwt", "jwt": {"appId": "a,b"}}'}, ["auth.jwt.appId", "without a comma", "'a,b'"]),
        ({"auth": '{"type": "jwt", "jwt": {"appId": "a", "issuers": ["x\\""]}}'}, ["auth.jwt.issuers[0]", "a quote"]),
        (
            {"auth": '{"type": "jwt", "jwt": {"appId": "a", "keyServer": "keys.org"}}'},
            ["auth.jwt.keyServer", "https://"],
        ),
        ({"auth": '{"type": "jwt", "jwt": {"appId": "a", "loginUrl": "https://a.org/\'"}}'}, ["auth.jwt.loginUrl"]),
        (
            {"auth": '{"type": "jwt", "guests": true, "jwt": {"appId": "a", "allowEmpty": true}}'},
            ["auth.jwt.allowEmpty"],
        ),
        ({"auth": '{"guests": true}'}, ["auth.guests", "type is none"]),
        ({"auth": '{"type": "internal", "waitForHost": "lobby"}'}, ["auth.waitForHost", "guests: true"]),
        (
            {"auth": '{"type": "internal", "guests": true, "lobby": false, "waitForHost": "lobby"}'},
            ["auth.waitForHost", "lobby: true"],
        ),
        ({"auth": '{"type": "internal", "moderators": "claim"}'}, ["auth.moderators", "type is internal"]),
        (
            {"auth": '{"type": "jwt", "jwt": {"appId": "a"}, "moderators": "claim", "guests": true}'},
            ["auth.waitForHost", "guests would open meetings"],
        ),
        ({"auth": '{"loginLifetime": "8h"}'}, ["auth.loginLifetime", "type none"]),
        (
            {"auth": '{"type": "internal", "guests": true, "waitForHost": "lobby", "loginLifetime": "8h"}'},
            ["auth.loginLifetime", "waitForHost lobby"],
        ),
        ({"auth": '{"type": "ldap", "ldap": {"servers": [], "base": "x"}}'}, ["auth.ldap.servers"]),
        ({"auth": '{"type": "ldap", "ldap": {"servers": ["ldap.org"], "base": "x"}}'}, ["ldaps://host", "'ldap.org'"]),
        (
            {"auth": '{"type": "ldap", "ldap": {"servers": ["ldap://a.org", "ldaps://b.org"], "base": "x"}}'},
            ["auth.ldap.servers", "mixed"],
        ),
        (
            {"auth": '{"type": "ldap", "ldap": {"servers": ["ldaps://a.org"], "base": "x", "startTls": true}}'},
            ["auth.ldap.startTls", "encrypted from the start"],
        ),
        (
            {"auth": '{"type": "ldap", "ldap": {"servers": ["ldaps://a.org"], "base": "x", "filter": "uid=*"}}'},
            ["auth.ldap.filter", "%u", "same entry for everybody"],
        ),
        (
            {"auth": '{"type": "ldap", "ldap": {"servers": ["ldaps://a.org"], "base": "x\\nldap_filter: uid=*"}}'},
            ["auth.ldap.base", "one line"],
        ),
        (
            {"auth": '{"type": "ldap", "ldap": {"servers": ["ldaps://a.org"], "base": "x", "ca": "/etc/ca.pem"}}'},
            ["auth.ldap.ca", "BEGIN CERTIFICATE"],
        ),
        ({"secretGenerations": '{"s0-jbv": 2}'}, ["secretGenerations.s0-jbv", "did you mean s0-jvb?"]),
        ({"policy": '{"rules": {"drop-calls": "advisory"}}'}, ["policy.rules.drop-calls", "did you mean drops-calls?"]),
        ({"policy": '{"errors": "fatal"}'}, ["policy.errors", "'mandatory', 'advisory' or 'disabled'"]),
        ({"allowDisruption": "yes"}, ["allowDisruption", "such as drops-0123456789ab", "got 'yes'"]),
        ({"dnsZone": "example.com"}, ["domain", "example.com"]),
        ({"shards": '[{"name": "s1", "zone": "fr-par-1"}, {"name": "t1", "zone": "fr-par-1"}]'}, ["slot 1", "s1"]),
        ({"shards": '[{"name": "s1", "zone": "fr-par-1"}, {"name": "s1", "zone": "fr-par-2"}]'}, ["unique"]),
        (
            {
                "region": "pl-waw",
                "cluster": '{"system": {"nodeType": "BASIC3-X4C-8G"}}',
                "bridges": '{"nodeType": "PRO2-XS"}',
                "shards": '[{"name": "s0", "zone": "pl-waw-1"}]',
            },
            [
                "cluster.system.nodeType: BASIC3-X4C-8G is not offered in pl-waw-1, where the system pool of pl-waw stands",
                "it is in fr-par-1",
                "take another, such as DEV1-L",
            ],
        ),
        (
            {"shards": '[{"name": "s0", "zone": "fr-par-3"}]'},
            ["BASIC3-X4C-8G is not offered in fr-par-3", "fr-par-1"],
        ),
    ],
)
def test_each_rule_names_the_place_the_limit_and_the_remedy(changes, expected):
    message = "\n".join(problems_of(**changes))
    for part in expected:
        assert part in message


def test_problems_in_different_places_are_reported_together():
    found = problems_of(
        domain=None,
        cluster='{"privateNetwork": "172.16.0.0/24"}',
        bridges='{"layuot": "hostPort"}',
        shards="[]",
    )
    assert {line.split(":")[0] for line in found} == {"domain", "cluster.privateNetwork", "bridges.layuot", "shards"}


def test_contradictions_between_keys_are_reported_beside_a_key_that_is_wrong_by_itself():
    found = problems_of(domain="UPPER", shards='[{"name": "s0", "zone": "nl-ams-1"}]')
    assert [line.split(":")[0] for line in found] == ["domain", "shards[0].zone"]


def test_all_contradictions_of_one_section_are_reported():
    found = problems_of(
        bridges='{"min": 12, "max": 10, "firstPort": 30000, "schedule": [{"days": ["mon"], "start": "08:00", "end": "09:00",'
        ' "timezone": "Europe/Paris", "bridges": 11}]}'
    )
    assert [line.split(": ")[0] for line in found] == ["bridges.min", "bridges.firstPort", "bridges.schedule[0]"]


def test_a_shard_whose_override_contradicts_the_defaults_is_named():
    found = problems_of(
        bridges='{"min": 5, "max": 10}', shards='[{"name": "s0", "zone": "fr-par-1", "bridges": {"max": 4}}]'
    )
    assert found == ["shards[0].bridges.min: min 5 is above max 4; raise max or lower min"]


def test_two_shards_that_want_the_same_node_port_are_both_named():
    (message,) = problems_of(
        bridges='{"layout": "nodePort", "max": 20}',
        shards='[{"name": "s0", "zone": "fr-par-1", "bridges": {"firstPort": 30300}},'
        ' {"name": "s1", "zone": "fr-par-2", "bridges": {"firstPort": 30310}}]',
    )
    assert "s0" in message
    assert "s1" in message
    assert "30310" in message
    assert "30320" in message


def test_a_node_port_of_the_edge_among_those_of_the_bridges_is_refused():
    (message,) = problems_of(
        bridges='{"layout": "nodePort", "max": 20, "firstPort": 30070}', ingress='{"nodePorts": {"health": 30095}}'
    )
    assert message.startswith("ingress.nodePorts.http: 30080 lies among UDP 30070-30089 of shard s0")


def test_a_shard_that_is_named_like_another_ones_bridge_is_refused():
    (message,) = problems_of(
        shards='[{"name": "s0", "zone": "fr-par-1"}, {"name": "s0-1", "zone": "fr-par-2", "slot": 7}]'
    )
    assert "shards[1].name: s0-1 beside shard s0: bridge 1 of s0 is called jvb-s0-1" in message


def test_an_unknown_time_zone_is_answered_with_the_nearest_one():
    (message,) = problems_of(
        bridges='{"schedule": [{"days": ["mon"], "start": "08:00", "end": "12:00", "timezone": "Europe/Berln", "bridges": 2}]}'
    )
    assert "Europe/Berln" in message
    assert "did you mean Europe/Berlin?" in message


def test_a_timetable_that_asks_for_more_than_max_says_how_much_max_would_do():
    (message,) = problems_of(
        bridges='{"max": 10, "schedule": [{"days": ["mon"], "start": "08:00", "end": "12:00",'
        ' "timezone": "Europe/Paris", "participants": 3000}]}'
    )
    assert "3000" in message
    assert "38 bridges" in message
    assert "raise max to 38" in message


def test_a_timetable_beside_a_number_that_never_changes_names_the_key_that_says_the_number():
    (message,) = problems_of(
        bridges='{"topology": "static", "min": 2, "max": 20, "schedule": [{"days": ["mon"], "start": "08:00", "end": "12:00",'
        ' "timezone": "Europe/Paris", "bridges": 12}]}'
    )
    assert (
        "12 bridges are asked for, above min 2; raise min to 12 or more, or leave the schedule out: topology static follows none"
        in message
    )


def test_values_of_wrong_type_are_not_echoed_with_their_neighbours():
    assert all("meet.example.org" not in line for line in problems_of(bridges='{"min": "two"}'))


@pytest.mark.parametrize("text", ["[", "config: []", "a: b", "\tconfig:", ""])
def test_a_file_that_is_no_stack_file_is_refused_in_one_line(tmp_path, text):
    path = tmp_path / "Pulumi.odd.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        stack_file(path)
    assert len(caught.value.problems) == 1
    assert "\n" not in str(caught.value)


def test_encrypted_values_stay_closed(tmp_path):
    path = tmp_path / "Pulumi.x.yaml"
    path.write_text("config:\n  jitsi:secretSeed:\n    secure: v1:abc\n  domain: a.example.org\n")
    assert stack_file(path) == {"jitsi:secretSeed": "", "jitsi:domain": "a.example.org"}


@pytest.mark.parametrize(
    ("recording", "where", "says"),
    [
        ('{"bucket": "abc", "min": 5}', "recording.min", "min 5 is above max 4; raise max or lower min"),
        ('{"bucket": "abc", "idle": 5}', "recording.idle", "so many can never be free"),
        ('{"bucket": "My_School"}', "recording.bucket", "3 to 63 lower-case letters, digits and dashes"),
        ('{"bucket": "abc", "longest": "90s"}', "recording.longest", "no whole number of minutes"),
        ('{"bucket": "abc", "retention": "36h"}', "recording.retention", "no whole number of days"),
        ('{"bucket": "abc", "storage": "5Gi"}', "recording.storage", "raise storage or lower longest"),
        ('{"bucket": "abc", "endpoint": "s3.example.org"}', "recording.endpoint", "such as https://s3.example.org"),
        (
            '{"bucket": "abc", "endpoint": "https://s3.example.org", "retention": "30d"}',
            "recording.retention",
            "the bucket is yours: set it there",
        ),
        ('{"bucket": "abc", "signingRegion": "x"}', "recording.signingRegion", "leave it out"),
        ('{"bucket": "abc", "zone": "nl-ams-1"}', "recording.zone", "not a zone of region fr-par"),
        (
            '{"bucket": "abc", "zone": "fr-par-3", "nodeType": "PLAY2-MICRO"}',
            "recording.nodeType",
            "not offered in fr-par-3",
        ),
        ('{"bucket": "abc", "streaming": {"allow": ["("]}}', "recording.streaming.allow", "no regular expression"),
        ('{"bucket": "abc", "administrators": ["me"]}', "recording.administrators", "user_id:UUID"),
    ],
)
def test_what_cannot_be_recorded_is_told(recording, where, says):
    (problem,) = problems_of(recording=recording)
    assert problem.startswith(f"{where}: ")
    assert says in problem


def test_an_existing_cluster_must_say_where_recordings_go():
    (problem,) = problems_of(recording='{"bucket": "abc"}', cluster='{"kind": "existing"}')
    assert problem.startswith("recording.endpoint: on an existing cluster no bucket is made")


def test_kube_metrics_adapter_cannot_keep_more_idle_recorders_than_stand_anyway():
    (problem,) = problems_of(recording='{"bucket": "abc", "idle": 2}', metrics='{"adapter": "kubeMetrics"}')
    assert problem.startswith("recording.min: with metrics.adapter kubeMetrics")
