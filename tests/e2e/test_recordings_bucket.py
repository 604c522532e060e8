"""A bucket that the stack makes: the real provider asks the emulated IAM and Object Storage, and real rclone uploads to it."""

import base64
import contextlib
import os
import subprocess
import time
from concurrent import futures

import httpx
import pytest
import yaml
from recording_world import SCRIPTS, Jibri, until
from scaleway_emulator.credentials import OWNER, PROJECT
from waiting import eventually

from config.passwords import RECORDER_KEY

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(900),
]

BUCKET = "school-recordings"
RECORDING = {"bucket": BUCKET, "retention": "90d", "administrators": [f"user_id:{OWNER}"]}
BASE = {
    "scaleway:region": "fr-par",
    "jitsi:domain": "video.example.org",
    "jitsi:cluster": {"version": "1.35.3", "system": {"nodeType": "PRO2-S", "min": 1, "max": 2}},
    "jitsi:bridges": {"topology": "static", "min": 1},
    "jitsi:shards": [{"name": "s0", "zone": "fr-par-1"}],
    "jitsi:ingress": {"tls": {"mode": "selfSigned"}},
}


class Stack:
    """A stack file whose `recording` changes, and what Scaleway has of it."""

    def __init__(self, embedded, folder):
        self.embedded, self.file = embedded, folder / "Pulumi.recordings.yaml"

    def up(self, recording=None, **more):
        config = BASE | ({"jitsi:recording": recording} if recording else {}) | more
        self.file.write_text(yaml.safe_dump({"config": config}))
        return self.embedded.engine.up(self.file)

    def scaleway(self):
        return httpx.get(f"{self.embedded.scaleway_url}/emulator/state", trust_env=False).json()

    def bucket(self):
        return self.scaleway()["buckets"].get(BUCKET)

    def secret(self):
        with self.embedded.api() as api:
            found = api.get("/api/v1/namespaces/jitsi/secrets/jibri-store")
        return {name: base64.b64decode(value).decode() for name, value in found["data"].items()}

    def template(self):
        with self.embedded.api() as api:
            return api.get("/apis/apps/v1/namespaces/jitsi/statefulsets/jibri")["spec"]["template"]

    def upload_environment(self):
        """What a recorder's sidecar has, as the cluster has it; the keys, which it has as files, among it."""
        (container,) = [each for each in self.template()["spec"]["initContainers"] if each["name"] == "upload"]
        plain = {variable["name"]: variable["value"] for variable in container["env"] if "value" in variable}
        return plain | self.secret() | self.embedded.storage_settings

    def of_recordings(self):
        resources = self.embedded.engine.export(self.file)["deployment"]["resources"]
        return [resource["urn"] for resource in resources if ":Record" in resource["urn"]]


def upload(stack, folder):
    """A recording, brought to the bucket by the sidecar's own script and settings."""
    session = folder / "recordings/lesson"
    session.mkdir(parents=True)
    (session / "lesson.mp4").write_bytes(b"a film")
    (session / ".upload").write_text("recordings/2026/11/21\n")
    jibri = Jibri()
    places = {"RECORDINGS": str(session.parent), "COUNTS": str(folder / "uploads"), "JIBRI": jibri.address}
    places |= {"RCLONE_CONFIG": str(folder / "rclone.conf"), "HOME": str(folder), "PATH": os.environ["PATH"]}
    with (folder / "upload.log").open("wb") as log:
        environment = stack.upload_environment() | places | {"BEAT": "0.2"}
        script = subprocess.Popen(["/bin/sh", SCRIPTS / "upload.sh"], env=environment, stdout=log, stderr=log)
    try:
        until(lambda: not session.exists(), f"uploaded; {(folder / 'upload.log').read_text()}")
    finally:
        script.terminate()
        script.wait(30)
        jibri.server.shutdown()
        jibri.server.server_close()


def rclone(stack, *arguments):
    environment = {"PATH": os.environ["PATH"], "RCLONE_CONFIG": os.devnull} | stack.upload_environment()
    line = ["rclone", *arguments, "--retries", "1", "--low-level-retries", "1"]
    return subprocess.run(line, env=environment, capture_output=True, text=True, check=False, timeout=60)


@contextlib.contextmanager
def a_recorder_that_does_not_leave_yet(stack):
    """The first recorder's pod, held by a finalizer as one is that still uploads."""
    path = "/api/v1/namespaces/jitsi/pods/jibri-0"
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "jibri-0", "namespace": "jitsi"}}
    held = pod | {"metadata": pod["metadata"] | {"finalizers": ["jitsi.org/uploads"]}}
    with stack.embedded.api() as api:
        api.apply(path, held)
        yield lambda: bool(api.get(path)["metadata"].get("deletionTimestamp"))
        api.apply(path, pod)


def rules(bucket):
    return {text for rule in bucket["lifecycle"] for text in ("<Days>90</Days>", "<Days>30</Days>") if text in rule}


def test_a_bucket_comes_with_its_least_rights_changes_in_place_and_outlives_the_stack(embedded, tmp_path):
    stack = Stack(embedded, tmp_path)
    engine = embedded.engine
    try:
        stack.up(RECORDING)
        made = stack.scaleway()
        bucket = made["buckets"][BUCKET]
        (application,) = made["applications"].values()
        (policy,) = made["policies"].values()
        (key,) = made["api_keys"].values()
        assert (bucket["region"], bucket["project_id"], bucket["tags"]) == (
            "fr-par",
            PROJECT,
            {"jitsi": "recordings"},
        )
        assert len(bucket["lifecycle"]) == 2
        assert rules(bucket) == {"<Days>90</Days>"}
        assert f"application_id:{application['id']}" in bucket["policy"]
        assert policy["application_id"] == key["application_id"] == application["id"]
        (rule,) = policy["rules"]
        assert sorted(rule["permission_set_names"]) == ["ObjectStorageObjectsRead", "ObjectStorageObjectsWrite"]
        assert rule["project_ids"] == [PROJECT]
        assert stack.secret()["RCLONE_CONFIG_STORE_ACCESS_KEY_ID"] == key["access_key"]
        template = stack.template()

        upload(stack, tmp_path)
        film = "recordings/2026/11/21/lesson/lesson.mp4"
        assert list(stack.bucket()["objects"]) == [film]
        refused = rclone(stack, "deletefile", f"store:{BUCKET}/{film}")
        assert "AccessDenied" in refused.stderr
        assert list(stack.bucket()["objects"]) == [film]

        assert engine.operate("preview", stack.file, ["--refresh"]).changes == {}

        stack.up(RECORDING | {"retention": "30d"}, **{"jitsi:secretGenerations": {RECORDER_KEY: 2}})
        (newer,) = stack.scaleway()["api_keys"].values()
        assert rules(stack.bucket()) == {"<Days>30</Days>"}
        assert newer["access_key"] != key["access_key"]
        assert stack.template() == template, "recorders are replaced for a key that they take while they run"
        assert stack.secret()["RCLONE_CONFIG_STORE_ACCESS_KEY_ID"] == newer["access_key"]

        with futures.ThreadPoolExecutor() as pool:
            with a_recorder_that_does_not_leave_yet(stack) as leaves:
                off = pool.submit(stack.up)
                eventually(leaves)
                time.sleep(5)
                kept = stack.scaleway()
                assert newer["access_key"] in kept["api_keys"]
                assert any("recorders" in each["name"] for each in kept["pools"].values())
                assert not off.done()
            off.result()
        left = stack.scaleway()
        assert [left[kind] for kind in ("applications", "policies", "api_keys")] == [{}, {}, {}]
        assert not any("recorders" in each["name"] for each in left["pools"].values())
        assert list(left["buckets"][BUCKET]["objects"]) == [film]
        assert stack.of_recordings() == []
    finally:
        engine.destroy(stack.file)
