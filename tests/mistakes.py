"""Mistakes in a small stack file, each with parts of its message."""

REFUSALS = [
    ({"domain": None}, ["domain: required"]),
    ({"domain": "Meet_Example"}, ["domain: a host name", "Meet_Example"]),
    ({"bridges": '{"layuot": "hostPort"}'}, ["bridges.layuot: unknown key; did you mean layout?"]),
    ({"shards": "[]"}, ["shards: at least one shard"]),
    ({"monitoring": '{"logs": {"to": "loki"}}'}, ["monitoring.logs", "loki needs url"]),
    (
        {"monitoring": '{"logs": {"to": "cockpit", "user": "me", "tenant": "t"}}'},
        ["user is used only with to: loki, got to: cockpit", "tenant is used"],
    ),
    ({"monitoring": '{"logs": {"to": "cockpit", "retention": "36h"}}'}, ["monitoring.logs", "whole days"]),
    (
        {"monitoring": '{"logs": {"to": "cockpit"}}', "cluster": '{"kind": "existing"}', "region": None},
        ["monitoring.logs.to: cockpit is created at Scaleway"],
    ),
    ({"shards": '[{"name": "s0", "zone": "nl-ams-1"}]'}, ["shards[0].zone", "nl-ams-1", "fr-par"]),
    ({"shards": '[{"name": "S 0", "zone": "fr-par-1"}]'}, ["shards[0].name"]),
    ({"region": None}, ["scaleway:region", "fr-par"]),
    ({"region": "us-east"}, ["scaleway:region", "fr-par"]),
    ({"cluster": '{"version": "1.35"}'}, ["cluster.version: version", "autoUpgrade"]),
    ({"cluster": '{"version": "latest"}'}, ["latest", "1.35.3"]),
    (
        {"cluster": '{"version": "1.21.0"}'},
        ['cluster.version: version "1.21.0" is below 1.30', "sidecars", 'such as "1.3'],
    ),
    (
        {"cluster": '{"version": "1.4", "autoUpgrade": {"day": "sunday", "hour": 3}}'},
        ['"1.4" is below 1.30', 'such as "1.'],
    ),
    (
        {"cluster": '{"version": "1.35.3", "autoUpgrade": {"day": "sunday", "hour": 3}}'},
        ["1.35.3", "autoUpgrade", '"1.35"'],
    ),
    ({"cluster": '{"privateNetwork": "172.16.0.0/24"}'}, ["cluster.privateNetwork", "/22"]),
    ({"cluster": '{"privateNetwork": "100.64.0.0/20"}'}, ["overlaps", "pods"]),
    ({"cluster": '{"system": {"nodeType": "DEV1-S"}}'}, ["cluster.system.nodeType", "DEV1-S", "DEV1-M"]),
    (
        {"ingress": '{"nodePorts": {"http": 30043}}'},
        ["ingress.nodePorts", "http 30043, https 30043", "three different ports"],
    ),
    ({"web": '{"replicas": 3, "maxReplicas": 2}'}, ["web", "maxReplicas 2", "replicas 3"]),
    ({"bridges": '{"min": 12, "max": 10}'}, ["bridges.min", "12", "10"]),
    ({"bridges": '{"nodeType": "basic3-x4c-8g"}'}, ["did you mean BASIC3-X4C-8G?"]),
    ({"bridges": '{"layout": "hostPort", "firstPort": 30000}'}, ["bridges.firstPort", "NodePorts"]),
    ({"bridges": '{"layout": "nodePort", "firstPort": 32700, "max": 100}'}, ["firstPort", "32767", "32668"]),
    ({"bridges": '{"layout": "nodePort", "topology": "daemonset"}'}, ["bridges.topology", "hostPort"]),
    ({"bridges": '{"layout": "hostPort", "perNode": 3, "min": 2}'}, ["bridges.min", "perNode 3"]),
    ({"bridges": '{"drain": {"deadline": "5m", "migrateAfter": "10m"}}'}, ["drain", "5m", "12m12s"]),
    ({"bridges": '{"drain": {"deadline": 300}}'}, ["drain"]),
    (
        {"bridges": '{"drain": {"deadline": "24855d", "migrateAfter": "1d"}}'},
        ["bridges.drain.deadline: at least 1s and at most 7d (604800 s), got 24855d; lower it"],
    ),
    (
        {"bridges": '{"resources": {"cpu": "499m", "memory": "25Gi"}}'},
        [
            "bridges.resources.cpu: at least 500m",
            "got 499m; raise it",
            "bridges.resources.memory: at least 1536Mi",
            "got 25Gi; lower it",
        ],
    ),
    (
        {"bridges": '{"resources": {"cpu": 129, "memory": "1535Mi"}}'},
        ["at most 128 cores, got 129; lower it", "got 1535Mi; raise it"],
    ),
    (
        {"bridges": '{"resources": {"cpu": 1.5, "memory": 4096}}'},
        [
            'bridges.resources.cpu: CPU is a whole number of cores or millicores, such as 4 or "3500m"; got 1.5',
            "resources.memory",
        ],
    ),
    (
        {"shards": '[{"name": "s0", "zone": "fr-par-1", "bridges": {"resources": {"cpu": true, "requests": {}}}}]'},
        ["shards[0].bridges.resources.cpu: CPU is a whole number", "got True", "resources.requests: unknown key"],
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
    ({"auth": '{"type": "jwt", "jwt": {"appId": "a,b"}}'}, ["auth.jwt.appId", "no commas", "'a,b'"]),
    ({"auth": '{"type": "jwt", "jwt": {"appId": "a", "issuers": ["x\\""]}}'}, ["auth.jwt.issuers[0]", "quotes"]),
    (
        {"auth": '{"type": "jwt", "jwt": {"appId": "a", "keyServer": "keys.org"}}'},
        ["auth.jwt.keyServer", "https://"],
    ),
    ({"auth": '{"type": "jwt", "jwt": {"appId": "a", "loginUrl": "https://a.org/\'"}}'}, ["auth.jwt.loginUrl"]),
    (
        {"auth": '{"type": "jwt", "guests": true, "jwt": {"appId": "a", "allowEmpty": true}}'},
        ["auth.jwt.allowEmpty"],
    ),
    ({"auth": '{"guests": true}'}, ["auth.guests", "no effect with type none"]),
    ({"auth": '{"type": "internal", "waitForHost": "lobby"}'}, ["auth.waitForHost", "guests: true"]),
    (
        {"auth": '{"type": "internal", "guests": true, "lobby": false, "waitForHost": "lobby"}'},
        ["auth.waitForHost", "lobby: true"],
    ),
    ({"auth": '{"type": "internal", "moderators": "claim"}'}, ["auth.moderators", "type is internal"]),
    (
        {"auth": '{"type": "jwt", "jwt": {"appId": "a"}, "moderators": "claim", "guests": true}'},
        ["auth.waitForHost", "guests could open meetings"],
    ),
    ({"auth": '{"loginLifetime": "8h"}'}, ["auth.loginLifetime", "type none"]),
    (
        {"auth": '{"type": "internal", "guests": true, "waitForHost": "lobby", "loginLifetime": "8h"}'},
        ["auth.loginLifetime", "waitForHost: lobby"],
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
        ["auth.ldap.filter", "%u", "same entry for everyone"],
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
    ({"allowDisruption": "yes"}, ["allowDisruption", "looks like drops-0123456789ab", "got 'yes'"]),
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
            "cluster.system.nodeType: BASIC3-X4C-8G is not offered in pl-waw-1, where the system pool runs",
            "it is in fr-par-1",
            "choose another, such as DEV1-L",
        ],
    ),
    (
        {"shards": '[{"name": "s0", "zone": "fr-par-3"}]'},
        ["BASIC3-X4C-8G is not offered in fr-par-3", "fr-par-1"],
    ),
]
"""Changed keys, as the engine passes them, and what the message contains."""

RECORDING_REFUSALS = [
    ('{"bucket": "abc", "min": 5}', "recording.min", "min 5 is above max 4; raise max or lower min"),
    ('{"bucket": "abc", "idle": 5}', "recording.idle", "so many recorders can never be free"),
    ('{"bucket": "My_School"}', "recording.bucket", "3 to 63 lower-case letters, digits and dashes"),
    ('{"bucket": "abc", "longest": "90s"}', "recording.longest", "not a whole number of minutes"),
    ('{"bucket": "abc", "retention": "36h"}', "recording.retention", "not a whole number of days"),
    ('{"bucket": "abc", "storage": "5Gi"}', "recording.storage", "raise storage or lower longest"),
    ('{"bucket": "abc", "endpoint": "s3.example.org"}', "recording.endpoint", "such as https://s3.example.org"),
    (
        '{"bucket": "abc", "endpoint": "https://s3.example.org", "retention": "30d"}',
        "recording.retention",
        "remove it, and set it at endpoint",
    ),
    ('{"bucket": "abc", "signingRegion": "x"}', "recording.signingRegion", "remove it"),
    ('{"bucket": "abc", "zone": "nl-ams-1"}', "recording.zone", "not a zone of region fr-par"),
    (
        '{"bucket": "abc", "zone": "fr-par-3", "nodeType": "PLAY2-MICRO"}',
        "recording.nodeType",
        "not offered in fr-par-3",
    ),
    (
        '{"bucket": "abc", "streaming": {"allow": ["("]}}',
        "recording.streaming.allow[0]",
        "not a regular expression",
    ),
    ('{"bucket": "abc", "administrators": ["me"]}', "recording.administrators[0]", "user_id:UUID"),
]
"""`recording`, the key to blame, and what the message contains."""
