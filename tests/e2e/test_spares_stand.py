"""Timed placeholders in a real control plane: they stand, are replaced when pushed out, and leave nothing behind."""

import copy
import time

import pytest
from sample_stacks import kubernetes_objects
from waiting import eventually

from lab.cluster.nodes import add_node

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

NAMESPACE = "/api/v1/namespaces/spares"
BATCH = "/apis/batch/v1/namespaces/spares"
HELD_SECONDS = 4  # kwok ends the pods of other Jobs after one


@pytest.fixture
def api(embedded):
    with embedded.api() as api:
        api.create("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "spares"}})
        add_node(api, "for-spares", zone="zone-1", internal_ip="10.1.9.1", external_ip="203.0.113.99", cpu="64")
        yield api
        api.delete("/api/v1/namespaces/spares")
        api.delete("/api/v1/nodes/for-spares")


def cron_job():
    """One of the sample stack's, due in this very minute in the test's namespace."""
    document = copy.deepcopy(
        next(o.properties for o in kubernetes_objects("announced") if o.properties["kind"] == "CronJob")
    )
    document["metadata"]["namespace"] = "spares"
    document["spec"]["schedule"] = "* * * * *"
    job = document["spec"]["jobTemplate"]["spec"]
    job |= {"parallelism": 2, "completions": 2}
    pod = job["template"]["spec"]
    pod.pop("priorityClassName")
    pod["nodeSelector"] = {"kubernetes.io/hostname": "for-spares"}
    pod["containers"][0]["resources"] = {}
    document["spec"]["suspend"] = True  # started by hand: a minute is long
    return document


def standing(api):
    return {
        pod["metadata"]["uid"]: pod["metadata"]["name"]
        for pod in api.items(f"{NAMESPACE}/pods")
        if pod["status"].get("phase") == "Running" and "deletionTimestamp" not in pod["metadata"]
    }


def test_placeholders_stand_are_replaced_and_go_with_their_cron_job(api):
    cron = api.http.post(f"{BATCH}/cronjobs", json=cron_job()).raise_for_status().json()
    template = cron["spec"]["jobTemplate"]
    owner = {"apiVersion": "batch/v1", "kind": "CronJob", "name": cron["metadata"]["name"]}
    owner |= {"uid": cron["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}
    api.create(
        f"{BATCH}/jobs",
        {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": "window", "labels": template["metadata"]["labels"], "ownerReferences": [owner]},
            "spec": template["spec"],
        },
    )
    eventually(lambda: len(standing(api)) == 2)
    first = standing(api)
    time.sleep(HELD_SECONDS)
    assert standing(api) == first
    pushed_out, name = next(iter(first.items()))
    api.delete(f"{NAMESPACE}/pods/{name}")
    eventually(lambda: len(standing(api)) == 2 and pushed_out not in standing(api))
    api.http.delete(f"{BATCH}/cronjobs/{cron['metadata']['name']}", params={"propagationPolicy": "Background"})
    eventually(lambda: not api.items(f"{BATCH}/jobs") and not api.items(f"{NAMESPACE}/pods"))
