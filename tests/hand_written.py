"""Keys as people write them by hand, wrong: at least five ways each, with what the message must say to lead to the right one."""

from typing import Any

Wrong = tuple[dict[str, Any], str]

UUID = "11111111-2222-3333-4444-555555555555"
SIP = {"account": "4920123@sip.example.org", "server": "sip.example.org"}
VOSK = {"backend": "vosk", "url": "wss://vosk.example.org:2700"}
WHISPER = {"backend": "whisper", "url": "wss://skynet.example.org/streaming-whisper/ws"}
BY_HAND: dict[str, list[Wrong]] = {
    "monitoring.monitorLabels": [
        ({"monitoring": {"scrape": "operator", "monitorLables": {"release": "kps"}}}, "did you mean monitorLabels?"),
        ({"monitoring": {"scrape": "operator", "labels": {"release": "kps"}}}, "did you mean monitorLabels?"),
        ({"monitoring": {"monitorLabels": {"release": "kps"}}}, "set scrape: operator, or remove monitorLabels"),
        ({"monitoring": {"scrape": "operator", "monitorLabels": "release=kps"}}, "write {key: value}"),
        ({"monitoring": {"scrape": "operator", "monitorLabels": ["release: kps"]}}, "write {key: value}"),
        ({"monitoring": {"scrape": "operator", "monitorLabels": {"prometheus": True}}}, "put it in quotes"),
        ({"monitoring": {"scrape": "operator", "monitorLabels": {"release": "kube stack"}}}, "at most 63 letters"),
        (
            {"monitoring": {"scrape": "operator", "monitorLabels": {"app.kubernetes.io/name": "x"}}},
            "choose another label",
        ),
        ({"metrics": {"monitorLabels": {"release": "kps"}}}, "did you mean monitoring.monitorLabels?"),
    ],
    "cluster.system.zone": [
        ({"cluster": {"system": {"zone": "nl-ams-1"}}}, "use one of fr-par-1, fr-par-2, fr-par-3"),
        ({"cluster": {"system": {"zones": ["fr-par-2"]}}}, "did you mean zone?"),
        ({"cluster": {"zone": "fr-par-2"}}, "did you mean cluster.system.zone"),
        ({"cluster": {"system": {"zone": ["fr-par-2"]}}}, "write one value, without brackets"),
        ({"cluster": {"system": {"zone": "fr par 2"}}}, "such as fr-par-1"),
        ({"cluster": {"system": {"zone": "fr-par-3", "nodeType": "DEV1-L"}}}, "choose another"),
        ({"cluster": {"system": {"zone": "fr-par-3", "nodeType": "BASIC3-X4C-8G"}}}, "choose another"),
        (
            {"region": None, "cluster": {"kind": "existing", "system": {"zone": "zone-1"}}},
            "cluster kind existing has no system pool",
        ),
    ],
    "ingress.zones": [
        ({"ingress": {"zone": "fr-par-2"}}, "did you mean zones?"),
        ({"ingress": {"zones": "fr-par-2"}}, "did you mean [fr-par-2]?"),
        ({"ingress": {"zones": ["fr-par-1", "fr-par-1"]}}, "list each zone once"),
        (
            {"ingress": {"zones": ["fr-par-1", "fr-par-2", "fr-par-3", "fr-par-4"]}},
            "at most 3 entries are allowed, got 4",
        ),
        ({"ingress": {"zones": []}}, "at least 1 entry is needed"),
        ({"ingress": {"zones": ["fr-par-3"]}}, "use one of fr-par-1, fr-par-2"),
        ({"ingress": {"zones": ["nl-ams-1"]}}, "use one of fr-par-1, fr-par-2, fr-par-3"),
        (
            {"ingress": {"loadBalancer": {"type": "LB-S", "zone": "fr-par-2"}}},
            "'LB-S', 'LB-GP-M', 'LB-GP-L' or 'LB-GP-XL'",
        ),
        (
            {"region": None, "cluster": {"kind": "existing"}, "ingress": {"zones": ["fr-par-2"]}},
            "with cluster kind existing the cluster's own controller makes the load balancer",
        ),
    ],
    "bridges.rootVolume": [
        ({"bridges": {"rootVolume": 50}}, "write {size: 50}"),
        ({"bridges": {"rootVolume": {"size": "50Gi"}}}, "a whole number is needed"),
        ({"bridges": {"rootVolume": {"size": 10}}}, "at least 20, got 10"),
        ({"bridges": {"rootVolume": {"type": "ssd"}}}, "'sbs_5k' or 'sbs_15k'"),
        ({"bridges": {"rootVolume": {"type": "SBS-15K"}}}, "did you mean sbs_15k?"),
        ({"bridges": {"rootVolume": {"sizeInGb": 50}}}, "did you mean size?"),
        ({"bridges": {"rootVolumeSize": 50}}, "did you mean rootVolume?"),
        ({"bridges": {"volume": {"size": 50}}}, "did you mean rootVolume?"),
    ],
    "cluster.system.rootVolume": [
        ({"cluster": {"rootVolume": {"size": 50}}}, "did you mean cluster.system.rootVolume"),
        ({"cluster": {"system": {"rootVolume": "50"}}}, "write {size: 20}"),
        ({"cluster": {"system": {"rootVolume": {"size": 50.5}}}}, "without quotes, unit or fraction"),
        ({"cluster": {"system": {"rootVolume": {"size": 20000}}}}, "at most 10000, got 20000"),
        ({"cluster": {"system": {"rootDisk": {"size": 50}}}}, "valid here: max, min, nodeType, rootVolume, zone"),
    ],
    "cluster.privateNetwork": [
        ({"cluster": {"privateNetworkId": UUID}}, "did you mean privateNetwork?"),
        ({"cluster": {"privateNetwork": {"id": UUID}}}, "write one value, without brackets"),
        ({"cluster": {"privateNetwork": f"fr-par-1/{UUID}"}}, "the ID of a private network such as fr-par/"),
        ({"cluster": {"privateNetwork": UUID[:-1]}}, "the ID of a private network such as fr-par/"),
        ({"cluster": {"privateNetwork": "jitsi-network"}}, "the ID of a private network such as fr-par/"),
        ({"cluster": {"privateNetwork": f"nl-ams/{UUID}"}}, "use a private network of fr-par"),
        ({"cluster": {"network": f"fr-par/{UUID}"}}, "did you mean privateNetwork?"),
        (
            {"region": None, "cluster": {"kind": "existing", "privateNetwork": f"fr-par/{UUID}"}},
            "has its network already; remove privateNetwork",
        ),
    ],
    "turn.servers": [
        ({"turn": {"servers": ["turn.example.net:3478"]}}, "write - {host: meet.example.org, transport: udp}"),
        ({"turn": {"servers": {"host": "turn.example.net", "transport": "udp"}}}, "write - {host: "),
        ({"turn": {"server": [{"host": "turn.example.net", "transport": "udp"}]}}, "did you mean servers?"),
        ({"turn": {"servers": [{"host": "turn:turn.example.net", "transport": "udp"}]}}, "such as meet.example.org"),
        ({"turn": {"servers": [{"host": "turn.example.net", "transport": "turns"}]}}, "'udp', 'tcp' or 'tls'"),
        ({"turn": {"servers": [{"host": "turn.example.net", "transport": "udp", "port": "3478"}]}}, "without quotes"),
        (
            {"turn": {"servers": [{"host": "turn.example.net", "transport": "tls", "port": 636}]}},
            "use 3478, 5349 or 443",
        ),
        (
            {"turn": {"servers": [{"host": "turn.example.net", "transport": "udp", "secret": "s3cret"}]}},
            "pulumi config set --secret jitsi:turnSecret",
        ),
        (
            {"turn": {"replicas": 2, "servers": [{"host": "turn.example.net", "transport": "udp"}]}},
            "replicas is of coturn in the cluster, and servers are used in its place",
        ),
        (
            {
                "turn": {
                    "servers": [
                        {"host": "turn.example.net", "transport": "udp"},
                        {"host": "turn.example.net", "transport": "tcp", "port": 443},
                    ]
                }
            },
            "takes one port for all servers without tls, and turn.example.net has 3478",
        ),
        (
            {
                "turn": {
                    "servers": [
                        {"host": "turn1.example.net", "transport": "udp"},
                        {"host": "turn1.example.net", "transport": "tcp"},
                        {"host": "turn2.example.net", "transport": "udp"},
                    ]
                }
            },
            "add {host: turn2.example.net, transport: tcp}, or remove tcp from the others",
        ),
        (
            {
                "turn": {
                    "servers": [
                        {"host": "turn.example.net", "transport": "tls"},
                        {"host": "turn.example.net", "transport": "tls"},
                    ]
                }
            },
            "listed twice with transport tls",
        ),
        ({"turnServers": [{"host": "turn.example.net"}]}, "did you mean turn"),
    ],
    "jigasi.sip.keepAlive": [
        ({"jigasi": {"sip": SIP | {"keepAlive": "options"}}}, "did you mean OPTIONS?"),
        ({"jigasi": {"sip": SIP | {"keepAlive": True}}}, "'OPTIONS', 'REGISTER', 'CRLF' or 'NONE'"),
        ({"jigasi": {"sip": SIP | {"keepAlive": "25s"}}}, "'OPTIONS', 'REGISTER', 'CRLF' or 'NONE'"),
        ({"jigasi": {"sip": SIP | {"keepalive": "CRLF"}}}, "did you mean keepAlive?"),
        ({"jigasi": {"sip": SIP | {"keepAliveMethod": "CRLF"}}}, "did you mean keepAlive?"),
        ({"jigasi": {"sip": SIP, "keepAlive": "CRLF"}}, "did you mean jigasi.sip.keepAlive?"),
    ],
    "jigasi.transcription.filterSilence": [
        ({"jigasi": {"transcription": VOSK | {"filterSilence": "yes"}}}, "without quotes"),
        ({"jigasi": {"transcription": VOSK | {"filterSilence": 1}}}, "true or false is needed"),
        ({"jigasi": {"transcription": VOSK | {"silenceFilter": True}}}, "valid here: backend, filterSilence"),
        ({"jigasi": {"transcription": VOSK | {"filterSilense": True}}}, "did you mean filterSilence?"),
        (
            {"jigasi": {"transcription": VOSK, "filterSilence": True}},
            "did you mean jigasi.transcription.filterSilence?",
        ),
    ],
    "jigasi.transcription.keyName": [
        ({"jigasi": {"transcription": VOSK | {"keyName": "jitsi/default"}}}, "remove keyName, or set backend: whisper"),
        ({"jigasi": {"transcription": WHISPER | {"keyName": "the key"}}}, "such as jitsi/default"),
        ({"jigasi": {"transcription": WHISPER | {"keyname": "jitsi/default"}}}, "did you mean keyName?"),
        (
            {"jigasi": {"transcription": WHISPER | {"whisperKey": "MIIE"}}},
            "pulumi config set --secret jitsi:whisperKey",
        ),
        (
            {"jigasi": {"transcription": WHISPER | {"key": "MIIE"}}},
            "did you mean keyName?",
        ),
        ({"jigasi": {"transcription": WHISPER | {"keyName": ["jitsi/default"]}}}, "write one value, without brackets"),
    ],
    "auth.jwt.tenants": [
        (
            {"auth": {"type": "jwt", "jwt": {"appId": "a", "tenants": ["school-a"]}}},
            "write true or false, without quotes",
        ),
        ({"auth": {"type": "jwt", "jwt": {"appId": "a", "tenants": "true"}}}, "write true or false, without quotes"),
        ({"auth": {"type": "jwt", "jwt": {"appId": "a", "tenant": True}}}, "did you mean tenants?"),
        ({"auth": {"type": "jwt", "tenants": True, "jwt": {"appId": "a"}}}, "did you mean auth.jwt.tenants?"),
        ({"auth": {"type": "jwt", "jwt": {"appId": "a", "domainVerification": True}}}, "valid here: allowEmpty"),
        (
            {
                "auth": {"type": "jwt", "jwt": {"appId": "a"}},
                "env": {"prosody": {"JWT_ENABLE_DOMAIN_VERIFICATION": True}},
            },
            "auth.jwt.tenants",
        ),
    ],
    "images.prosody": [
        ({"images": {"prosody": "registry.example.org/prosody"}}, "has no tag, so each node pulls what is latest"),
        ({"images": {"prosody": "https://registry.example.org/prosody:1"}}, "an image is host/path:tag"),
        (
            {"images": {"prosody": {"image": "registry.example.org/prosody", "tag": "1"}}},
            "write one value, without brackets",
        ),
        ({"images": {"Prosody": "registry.example.org/prosody:1"}}, "did you mean prosody?"),
        ({"images": {"prosody": ""}}, "an image is host/path:tag"),
        ({"prosody": {"image": "registry.example.org/prosody:1"}}, "did you mean images.prosody"),
        (
            {
                "images": {"prosody": "registry.example.org/prosody:1"},
                "shards": [{"name": "s0", "zone": "fr-par-1", "release": "stable-11200"}],
            },
            "images.prosody is one image for all shards",
        ),
    ],
    "signalling.plugins": [
        ({"signalling": {"plugins": ["mod_hello.lua"]}}, "write {NAME: {text: …}}"),
        ({"signalling": {"plugins": {"mod_hello.lua": "module:log('info', 'hello')"}}}, "write {text: …}"),
        ({"signalling": {"plugins": {"hello": {"text": "x"}}}}, "a file mod_NAME.lua"),
        ({"signalling": {"plugins": {"plugins/mod_hello.lua": {"text": "x"}}}}, "without folders"),
        (
            {"signalling": {"plugins": {"mod_hello.lua": {"file": "nowhere/mod_hello.lua"}}}},
            "paths are relative to the stack file",
        ),
        ({"signalling": {"plugins": {"mod_hello.lua": {"file": "../mod_hello.lua"}}}}, "without '..'"),
        ({"signalling": {"plugins": {"mod_hello.lua": {}}}}, "set exactly one"),
        ({"signalling": {"plugin": {"mod_hello.lua": {"text": "x"}}}}, "did you mean plugins?"),
        ({"signalling": {"plugins": {"mod_storage_jitsi_accounts.lua": {"text": "x"}}}}, "choose another name"),
        ({"plugins": {"mod_hello.lua": {"text": "x"}}}, "did you mean signalling.plugins?"),
    ],
    "hosts": [
        ({"hosts": "video.example.org"}, "did you mean [video.example.org]?"),
        ({"hosts": ["https://video.example.org"]}, "such as meet.example.org"),
        ({"hosts": ["video.example.org/"]}, "such as meet.example.org"),
        ({"hosts": ["meet.example.org"]}, "is the domain itself, which needs no entry"),
        ({"hosts": ["a.example.org", "a.example.org"]}, "is hosts[0] already"),
        ({"hosts": ["turn.meet.example.org"], "turn": {}}, "is turn.host"),
        ({"host": ["video.example.org"]}, "did you mean hosts?"),
        ({"ingress": {"hosts": ["video.example.org"]}}, "did you mean hosts?"),
        ({"web": {"hosts": ["video.example.org"]}}, "did you mean hosts?"),
    ],
    "ingress.ipv6": [
        ({"ingress": {"ipv6": "yes"}}, "write true or false, without quotes"),
        ({"ingress": {"IPv6": True}}, "did you mean ipv6?"),
        ({"ingress": {"ipv6": {"enabled": True}}}, "true or false is needed"),
        ({"ingress": {"enableIpv6": True}}, "valid here: annotations, ipv6"),
        ({"ipv6": True}, "did you mean ingress.ipv6?"),
        ({"cluster": {"ipv6": True}}, "did you mean ingress.ipv6?"),
        (
            {"region": None, "cluster": {"kind": "existing"}, "ingress": {"ipv6": True}},
            "chooses its addresses; remove ipv6",
        ),
    ],
}
"""Key -> changed sections of a small stack, and a part of the only message."""
