"""A volume provisioner in place of Kapsule's CSI driver: a claim whose pod is scheduled gets a volume.

It runs as a process beside the control plane. Volumes are objects only; nothing is attached or mounted. The same process
assigns load balancer addresses where the emulator does not.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import httpx

from lab.cluster import balancers
from lab.cluster.api import Api

DRIVER = "csi.scaleway.com"
STORAGE_CLASS: dict[str, Any] = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": "sbs-default",  # Kapsule's default class
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": DRIVER,
    "reclaimPolicy": "Delete",
    "volumeBindingMode": "WaitForFirstConsumer",
    "allowVolumeExpansion": True,
}
SELECTED_NODE = "volume.kubernetes.io/selected-node"  # set by the scheduler with its decision
PROVISIONED_BY = "pv.kubernetes.io/provisioned-by"
CLAIMS = "/api/v1/persistentvolumeclaims"
VOLUMES = "/api/v1/persistentvolumes"
ROUND_SECONDS = 5  # duration of a watch, between two checks for released volumes
RETRY_SECONDS = 1.0


def wants_volume(claim: dict[str, Any]) -> bool:
    """Whether a claim needs a volume: it is of our class, its pod has a node, and it is unbound."""
    metadata, spec = claim["metadata"], claim["spec"]
    return (
        spec.get("storageClassName") == STORAGE_CLASS["metadata"]["name"]
        and SELECTED_NODE in metadata.get("annotations", {})
        and not spec.get("volumeName")
        and "deletionTimestamp" not in metadata
    )


def volume_for(claim: dict[str, Any]) -> dict[str, Any]:
    """The volume for a claim, bound to it, as a CSI provisioner creates it."""
    metadata, spec = claim["metadata"], claim["spec"]
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"pvc-{metadata['uid']}", "annotations": {PROVISIONED_BY: DRIVER}},
        "spec": {
            "capacity": {"storage": spec["resources"]["requests"]["storage"]},
            "accessModes": spec["accessModes"],
            "volumeMode": spec.get("volumeMode", "Filesystem"),
            "storageClassName": spec["storageClassName"],
            "persistentVolumeReclaimPolicy": STORAGE_CLASS["reclaimPolicy"],
            "csi": {"driver": DRIVER, "volumeHandle": f"fr-par-1/{metadata['uid']}", "fsType": "ext4"},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        },
    }


def abandoned(volume: dict[str, Any]) -> bool:
    """Whether a volume of ours has lost its claim and must be deleted."""
    return (
        volume["metadata"].get("annotations", {}).get(PROVISIONED_BY) == DRIVER
        and volume.get("status", {}).get("phase") == "Released"
        and volume["spec"].get("persistentVolumeReclaimPolicy") == "Delete"
    )


def serve(api: Api) -> None:
    """Provision and reclaim volumes and assign addresses, forever."""
    while True:
        try:
            for served in balancers.assign(api):
                print(f"address for {served}", flush=True)
            for volume in api.items(VOLUMES):
                if abandoned(volume):
                    api.delete(f"{VOLUMES}/{volume['metadata']['name']}")
            for event in api.watch(CLAIMS, ROUND_SECONDS):
                claim = event["object"]
                if (
                    event["type"] in ("ADDED", "MODIFIED")
                    and wants_volume(claim)
                    and api.create(VOLUMES, volume_for(claim))
                ):
                    print(f"volume for {claim['metadata']['namespace']}/{claim['metadata']['name']}", flush=True)
        except httpx.HTTPError as error:
            print(f"API server: {error}; retrying in {RETRY_SECONDS:.0f} s", flush=True)
            time.sleep(RETRY_SECONDS)


def main() -> None:
    """Entry point of the process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kubeconfig", type=Path, required=True)
    serve(Api(parser.parse_args().kubeconfig))


if __name__ == "__main__":
    main()
