"""The example of a page does what its sentence says: seen in what the program renders of all of them together."""

from sample_stacks import kubernetes_objects, recorded

STACK = "documented"


def objects(kind):
    return [each.properties for each in kubernetes_objects(STACK) if each.properties.get("kind") == kind]


def made(name):
    """The properties of a resource by its logical name."""
    (one,) = [resource.properties for resource in recorded(STACK) if resource.name == name]
    return one


def balancer():
    """The annotations of the public Service, without their prefix."""
    (service,) = [each for each in objects("Service") if each["spec"].get("type") == "LoadBalancer"]
    return {
        name.rpartition("scw-loadbalancer-")[2]: value for name, value in service["metadata"]["annotations"].items()
    }


def test_the_operators_prometheus_finds_its_label_on_every_monitor_and_rule():
    found = objects("PodMonitor") + objects("PrometheusRule")
    assert len(found) > 5
    assert {each["metadata"]["labels"]["release"] for each in found} == {"kube-prometheus-stack"}
    assert {each["metadata"]["labels"]["app.kubernetes.io/name"] for each in found} == {"prometheus"}


def test_system_pool_and_load_balancer_stand_in_their_zone():
    assert made("scaleway-kapsule-system")["zone"] == "fr-par-2"
    assert made("scaleway-address-ip")["zone"] == balancer()["zone"] == "fr-par-2"


def test_each_pool_has_its_root_volume_and_the_others_leave_it_to_kapsule():
    system, bridges = made("scaleway-kapsule-system"), made("scaleway-s0-pool")
    assert (system["rootVolumeSizeInGb"], system["rootVolumeType"]) == (50, "sbs_5k")
    assert (bridges["rootVolumeSizeInGb"], bridges["rootVolumeType"]) == (30, "sbs_15k")
    pools = [resource.properties for resource in recorded("turn-udp") if resource.type.endswith(":Pool")]
    assert not [pool for pool in pools if "rootVolumeType" in pool or "rootVolumeSizeInGb" in pool]


def test_the_cluster_joins_the_existing_network_and_none_is_made():
    assert made("scaleway-kapsule-cluster")["privateNetworkId"] == "fr-par/11111111-2222-3333-4444-555555555555"
    assert not [resource.name for resource in recorded(STACK) if resource.type.startswith("scaleway:network/")]


def _source(source):
    reference = source.get("secretKeyRef")
    return f"{reference['name']}/{reference['key']}" if reference else next(iter(source))


def variables(workload, kind="Deployment"):
    """The variables of a workload's first container: texts, and `Secret/key` for those from a Secret."""
    (found,) = [each for each in objects(kind) if each["metadata"]["name"] == workload]
    listed = found["spec"]["template"]["spec"]["containers"][0]["env"]
    return {each["name"]: each["value"] if "value" in each else _source(each["valueFrom"]) for each in listed}


def test_browsers_are_told_the_turn_servers_of_others_and_no_coturn_is_made():
    told = {name: value for name, value in variables("prosody-s0").items() if name.startswith(("TURN", "STUN"))}
    assert told == {
        "TURN_HOST": "turn1.example.net,turn2.example.net",
        "TURN_PORT": "3478",
        "TURN_TRANSPORT": "udp",
        "TURNS_HOST": "turn1.example.net,turn2.example.net",
        "TURNS_PORT": "443",
        "STUN_HOST": "turn1.example.net",
        "STUN_PORT": "3478",
        "TURN_TTL": "43200",
        "TURN_CREDENTIALS": "shard-s0/TURN_CREDENTIALS",
    }
    assert not [each for each in kubernetes_objects(STACK) if "coturn" in each.name or "-turn-" in each.name]


def test_the_gateway_keeps_its_connection_open_as_the_page_says():
    assert variables("jigasi")["JIGASI_SIP_KEEP_ALIVE_METHOD"] == "CRLF"


def test_the_transcriber_signs_for_whisper_and_sends_no_silence():
    told = {name: value for name, value in variables("transcriber").items() if "WHISPER" in name or "SILENCE" in name}
    assert told == {
        "JIGASI_TRANSCRIBER_FILTER_SILENCE": "1",
        "JIGASI_TRANSCRIBER_WHISPER_PRIVATE_KEY": "jigasi/JIGASI_TRANSCRIBER_WHISPER_PRIVATE_KEY",
        "JIGASI_TRANSCRIBER_WHISPER_PRIVATE_KEY_NAME": "jitsi/default",
        "JIGASI_TRANSCRIBER_WHISPER_URL": "wss://skynet.example.org/streaming-whisper/ws",
    }


def test_prosody_holds_a_token_to_its_tenant():
    assert variables("prosody-s0")["JWT_ENABLE_DOMAIN_VERIFICATION"] == "1"


def test_every_prosody_runs_the_own_image_and_nothing_else_does():
    images = {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]["containers"][0]["image"]
        for each in objects("Deployment")
    }
    own = "registry.example.org/school/prosody:stable-11146-2-school3"
    assert [name for name, image in images.items() if image == own] == ["prosody-s0"]
    assert images["jicofo-s0"] == "ghcr.io/jitsi/jicofo:stable-11146-2"


def test_prosody_finds_the_module_and_loads_it():
    (prosody,) = [each for each in objects("Deployment") if each["metadata"]["name"] == "prosody-s0"]
    (container,) = prosody["spec"]["template"]["spec"]["containers"]
    (mount,) = [
        each for each in container["volumeMounts"] if each["mountPath"] == "/prosody-plugins-custom/mod_lesson_log.lua"
    ]
    (config,) = [each for each in objects("ConfigMap") if each["metadata"]["name"] == "prosody-s0"]
    assert "muc-room-created" in config["data"][mount["subPath"]]
    assert variables("prosody-s0")["XMPP_MUC_MODULES"] == "lesson_log"


def test_further_host_names_have_certificate_and_record_and_lead_to_the_domain():
    (config,) = [each["data"]["haproxy.cfg"] for each in objects("ConfigMap") if "haproxy.cfg" in each.get("data", {})]
    (redirect,) = [line.strip() for line in config.splitlines() if "redirect prefix" in line]
    assert redirect.endswith("code 307 if { req.hdr(host),field(1,:) -i video.example.org m.example.org } !acme")
    names = sorted(certificate["spec"]["dnsNames"] for certificate in objects("Certificate"))
    assert names == [["m.example.org"], ["meet.example.org"], ["video.example.org"]]
    assert {record["name"] for record in records()} == {"meet", "video", "m"}


def records():
    return [resource.properties for resource in recorded(STACK) if resource.type.endswith(":Record")]


def test_the_edge_has_an_ipv6_address_and_each_name_both_records():
    assert made("scaleway-address-ip6")["isIpv6"] is True
    assert "isIpv6" not in made("scaleway-address-ip")
    first, second = balancer()["ip-ids"].split(",")
    assert first != second
    assert {(record["name"], record["type"], ":" in record["data"]) for record in records()} == {
        (name, kind, kind == "AAAA") for name in ("meet", "video", "m") for kind in ("A", "AAAA")
    }
