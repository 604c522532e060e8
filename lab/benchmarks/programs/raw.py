"""The minimal program with the same resources: registered from a recording, without typed modules.

`BENCHMARK_RESOURCES` is a JSON file with `{"type", "name", "properties", "custom"}` of each.
"""

import json
import os
from pathlib import Path

import pulumi

for resource in json.loads(Path(os.environ["BENCHMARK_RESOURCES"]).read_text()):
    kind, name = resource["type"], resource["name"]
    if resource["custom"]:
        pulumi.CustomResource(kind, name, resource["properties"])
    else:
        pulumi.ComponentResource(kind, name)
