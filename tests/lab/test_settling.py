"""When an update has settled."""

from lab.cluster.settling import settled


def autoscaler(current, least):
    return {"spec": {"minReplicas": least}, "status": {"currentReplicas": current}}


def pod(ready):
    return {"status": {"conditions": [{"type": "Ready", "status": "True" if ready else "False"}]}}


def test_an_autoscaler_below_its_least_is_waited_for():
    assert not settled([autoscaler(1, 2)], [pod(True)])
    assert settled([autoscaler(2, 2)], [pod(True)])
    assert not settled([{"spec": {"minReplicas": 1}}], [])


def test_a_pod_that_is_not_ready_is_waited_for():
    assert not settled([], [pod(True), pod(False)])
    assert not settled([], [{"status": {"phase": "Pending"}}])
    assert settled([], [])
