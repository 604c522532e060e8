"""Which variables an image reads, from its templates and start scripts."""

import json

from config.environment import readers
from lab.image_variables import NAMES, PROGRAMS, READERS, in_script, names, variables

SCRIPT = """#!/command/with-contenv bash
# $IN_A_COMMENT
check /data '${IN_SINGLE_QUOTES}'
OWN="/run"
echo "$OWN/$READ"
[ -z "$DEFAULTED" ] && export DEFAULTED=1
export RELEASE="${RELEASE:-1}"
export ALWAYS=$(ip route)
export LATER=2; echo $LATER ${BRACED:-20}
"""


def test_a_script_reads_what_it_has_not_set_itself() -> None:
    assert in_script(SCRIPT) == {"READ", "DEFAULTED", "RELEASE", "BRACED"}


def test_a_template_reads_the_environment_under_both_names_but_not_what_the_start_script_always_sets() -> None:
    template = '{{ $A := .Env.READ_TOO | default "1" }}{{ $ENV.IN_A_LOOP }} {{ .Env.ALWAYS }} {{ $OWN }}'
    assert names({"x/config": SCRIPT, "x/a.conf": template}) >= {"READ_TOO", "IN_A_LOOP"}
    assert "ALWAYS" not in names({"x/config": SCRIPT, "x/a.conf": template})


def test_both_modes_of_an_image_are_told_apart() -> None:
    found = variables(
        {
            "prosody/rootfs/defaults/prosody.cfg.lua": "{{ .Env.BOTH }}",
            "prosody/rootfs/defaults/conf.d/jitsi-meet.cfg.lua": "{{ .Env.MAIN }}",
            "prosody/rootfs/defaults/conf.d/visitors.cfg.lua": "{{ .Env.VISITORS }}",
            "prosody/rootfs/usr/bin/installs": "#!/bin/sh\necho $BUILD",
            "web/rootfs/etc/s6-overlay/scripts/config": "#!/bin/sh\necho $BOTH",
        }
    )
    assert {name: by for name, by in found.items() if name not in PROGRAMS} == {
        "BOTH": ["web", "prosody", "visitors"],
        "MAIN": ["prosody"],
        "VISITORS": ["visitors"],
    }


def test_the_file_says_where_it_comes_from_and_holds_names_only() -> None:
    file = json.loads(NAMES.read_text(encoding="utf-8"))
    assert file.keys() == {"release", "repository", "commit", "command", "variables"}
    assert len(file["commit"]) == 40
    assert {kind for by in readers().values() for kind in by} == set(READERS)
    assert PROGRAMS.keys() <= readers().keys()
