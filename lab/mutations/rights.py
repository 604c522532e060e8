"""Mutations of rights, and of secrets."""

from lab.mutations.mutation import Mutation, rules

_BRIDGES, _POD, _PODS = "components/bridges/rights.py", "components/kubernetes/pod.py", "components/bridges/pods.py"
_BUCKET, _PASSWORDS = "components/scaleway/recordings_bucket.py", "config/passwords.py"
_RECORDING = "tests/components/test_recording_objects.py::"
_DERIVED = "tests/config/test_config_passwords.py::"
_SHARD, _RECORDERS = "components/shard.py", "components/recording/pods.py"

RIGHTS = (
    Mutation(_BRIDGES, '"verbs": ["patch"]', '"verbs": ["patch", "get"]', "A bridge reads no other pod.", rules()),
    Mutation(_BRIDGES, '"verbs": ["get"]', '"verbs": ["get", "list"]', "A bridge asks for its own node only.", rules()),
    Mutation(
        _BRIDGES,
        '"failurePolicy": "Fail"',
        '"failurePolicy": "Ignore"',
        "No change by a bridge comes in unjudged.",
        rules(),
    ),
    Mutation(
        _BRIDGES,
        "variables.own != '' && variables.own == request.name",
        "variables.own != ''",
        "A bridge changes its own pod only.",
        rules(),
    ),
    Mutation(
        _BRIDGES,
        '"validationActions": ["Deny"]',
        '"validationActions": ["Warn"]',
        "Changes of other pods are refused.",
        rules(),
    ),
    Mutation(
        _POD,
        '"automountServiceAccountToken": False,',
        '"automountServiceAccountToken": True,',
        "Pods that do not ask for it hold no token.",
        rules(),
    ),
    Mutation(
        _PODS,
        '"/leaving": "leaving",',
        '"/leaving": "leaving",\n                "/account": "!account",',
        "A bridge itself holds no token.",
        "tests/components/test_component_contract.py::test_a_bridge_itself_holds_no_token[local]",
    ),
    Mutation(
        "components/metrics/prometheus.py",
        '"verbs": ["get", "list", "watch"]',
        '"verbs": ["get", "list", "watch", "delete"]',
        "Prometheus reads and changes nothing.",
        rules(),
    ),
    Mutation(
        "components/metrics/adapter.py",
        '"resources": ["namespaces", "pods", "services"], "verbs": ["get", "list", "watch"]',
        '"resources": ["namespaces", "pods", "services"], "verbs": ["*"]',
        "The metrics adapter changes nothing.",
        rules(),
    ),
    Mutation(
        "components/logs/pods.py",
        '"resources": ["pods/log"], "verbs": ["get"]',
        '"resources": ["pods/log", "secrets"], "verbs": ["get"]',
        "The log collector reads logs only.",
        "tests/components/test_log_collector.py"
        "::test_the_collector_may_list_pods_and_read_their_logs_in_its_namespace_and_nothing_else",
    ),
    Mutation(
        _BUCKET,
        'PERMISSIONS = ("ObjectStorageObjectsRead", "ObjectStorageObjectsWrite")',
        'PERMISSIONS = ("ObjectStorageFullAccess",)',
        "The recorders' key reads and writes objects only.",
        f"{_RECORDING}test_the_key_may_write_and_read_and_the_bucket_stays_when_the_stack_goes",
    ),
    Mutation(
        _BUCKET,
        '"s3:AbortMultipartUpload",',
        '"s3:AbortMultipartUpload", "s3:DeleteObject",',
        "Recorders delete no recording.",
        f"{_RECORDING}test_the_bucket_policy_names_who_deploys_and_lets_recorders_delete_nothing",
    ),
)

SECRETS = (
    Mutation(
        _POD,
        '"secretKeyRef": {"name": secret, "key": name}',
        '"secretKeyRef": {"name": secret, "key": name.lower()}',
        "Every reference to a secret resolves.",
        rules(),
    ),
    Mutation(
        _SHARD,
        '"JVB_AUTH_PASSWORD": f"{shard.name}-jvb"',
        '"JVB_AUTH_PASSWORD": f"{shard.name}-jicofo"',
        "Bridges and jicofo have passwords of their own.",
        rules(),
    ),
    Mutation(
        _PASSWORDS,
        'f"jitsi/{name}/{generations.get(name, 1)}", length',
        'f"jitsi/{name}/1", length',
        "A raised generation rotates a password.",
        f"{_DERIVED}test_raising_a_generation_rotates_that_password_alone",
    ),
    Mutation(
        _PASSWORDS,
        'f"jitsi/{name}/{generations.get(name, 1)}", length',
        'f"jitsi/{generations.get(name, 1)}", length',
        "Every name has a password of its own.",
        f"{_DERIVED}test_every_name_has_its_own_password",
    ),
    Mutation(
        _PASSWORDS,
        "PASSWORD_BYTES = 16",
        "PASSWORD_BYTES = 4",
        "Passwords have 128 bits, and do not change.",
        f"{_DERIVED}test_the_derivation_never_changes_because_running_stacks_hold_its_results",
    ),
    Mutation(
        _PASSWORDS,
        'f"jitsi/fingerprint/{marks}"',
        '"jitsi/fingerprint"',
        "Pods roll when their password changes.",
        f"{_DERIVED}test_the_fingerprint_follows_the_password_and_does_not_show_it",
    ),
    Mutation(
        _POD,
        "READ_ONLY_SECRET = 0o440",
        "READ_ONLY_SECRET = 0o444",
        "Only the pod's group reads a mounted secret.",
        rules(),
    ),
    Mutation(
        _PODS,
        '*pod.from_secret(self.names.secret, "JVB_AUTH_PASSWORD"),',
        '*pod.environment({"JVB_AUTH_PASSWORD": "bridge-of-all"}),',
        "No password stands in a pod's specification.",
        rules(),
    ),
    Mutation(
        "components/gateway/pods.py",
        "*pod.from_secret(JIGASI, *secrets),",
        "",
        "Gateways read their passwords from a Secret.",
        rules("options"),
    ),
    Mutation(
        "components/turn/manifests.py",
        '"Secret", type="Opaque", stringData={CONFIG_FILE: text}',
        '"ConfigMap", data={CONFIG_FILE: text}',
        "coturn's shared secret is in a Secret.",
        rules("turn"),
    ),
    Mutation(
        "components/ingress/manifests.py",
        '{"tls.crt": certificate, "tls.key": key}',
        '{"tls.crt": key, "tls.key": certificate}',
        "A certificate is beside its own key.",
        "tests/components/test_edge_objects.py::test_a_tls_secret_holds_a_certificate_and_the_key_that_fits_it",
    ),
    Mutation(
        _RECORDERS,
        "*pod.from_secret(NAME, *RECORDER_USERS),",
        "*pod.from_secret(STORE_SECRET, *RECORDER_USERS),",
        "Recorders read their own passwords.",
        rules("recorded"),
    ),
    Mutation(
        _SHARD,
        '{"TURN_CREDENTIALS": TURN} if relayed',
        '{"TURN_CREDENTIALS": f"{shard.name}-turn"} if relayed',
        "prosody signs with coturn's secret.",
        rules("turn"),
    ),
    Mutation(
        "components/bridges/scripts/own-pod.sh",
        """-K - -X PATCH""",
        '-H "Authorization: Bearer $(cat "$account/token")" -X PATCH',
        "A token stands in no argument.",
        "tests/components/test_own_pod_script.py",
        engine=True,
    ),
)
