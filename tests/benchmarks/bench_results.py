"""Results as a run leaves them, with round figures."""


def run(kind, shards, resources, seconds, peak=50.0):
    return {
        "kind": kind,
        "shards": shards,
        "resources": resources,
        "calls": 0,
        "seconds": [seconds] * 3,
        "cpu": [seconds] * 3,
        "peakMb": [peak] * 3,
    }


def phase(name, seconds, writes=0):
    processes = {
        "engine": {"cpu": 1.0, "peakMb": 100.0},
        "program": {"cpu": 2.0, "peakMb": 110.0},
        "API server": {"cpu": 0.5, "peakMb": 400.0},
    }
    return {
        "phase": name,
        "seconds": seconds,
        "cpu": 3.25,
        "unseen": 0.25,
        "processes": processes,
        "writes": writes,
        "dryRuns": 7,
        "waited": seconds / 2,
        "slow": [{"name": "pool", "type": "scaleway:kubernetes/pool:Pool", "seconds": seconds / 2}],
        "changes": 0,
    }


def results(**parts):
    """A whole run; `parts` replaces some of it."""
    programs = [run("program", n, 44 + 24 * n, 1.0 + 0.005 * 24 * (n - 1), 100.0 + n) for n in (1, 4, 16, 64)]
    floors = [run(kind, n, 49, 0.1 * n) for kind in ("empty", "raw", "kustomize") for n in (1, 4, 16, 64)]
    phases = [
        phase("preview from nothing", 5.0),
        phase("up from nothing", 20.0, writes=49),
        phase("preview, nothing changed", 4.0),
        phase("up, nothing changed", 4.0),
        phase("destroy", 10.0, writes=49),
    ]
    peer = {"objects": 49, "apply": 1.0, "ready": 3.0, "dryRun": 0.5}
    return {
        "date": "2026-01-01 12:00",
        "commit": "0123456",
        "load": [0.5, 1.5],
        "loadLeast": 0.5,
        "machine": {
            "cores": 2,
            "processor": "A processor",
            "memoryGiB": 16.0,
            "system": "Linux",
            "python": "3.11.0",
            "packages": {"pulumi": "3.0.0"},
            "tools": {"kube-apiserver": "1.35.0"},
        },
        "python": {"kustomize": "kustomize 5.0.0", "runs": [*programs, *floors]},
        "engine": [{"shards": 1, "resources": 68, "phases": phases, "peer": peer}],
        "makeUp": {
            "first": 40.0,
            "reached": {"environment and tools": 4.0, "control plane": 14.0, "update": 39.0},
            "again": 8.0,
            "down": 2.0,
        },
        "cold": {"date": "2026-01-01 10:00", "seconds": 840, "steps": ["  built etcd in 2:00"]},
        **parts,
    }
