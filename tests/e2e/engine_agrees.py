"""Whether the engine did, or would do, what the diff said."""

ENGINES_OWN = "pulumi:providers:scaleway"  # the default provider, which no program registers


def operations(outcome):
    """URN -> what the engine does, with the parts of a replacement as one."""
    return {
        step.urn: "replace" if "replace" in step.operation else step.operation
        for step in outcome.steps
        if step.changes and not step.type.startswith(ENGINES_OWN)
    }


def below(paths):
    """Paths of what the diff and the engine both name: a Secret's texts are `data` to its provider, lists of ids whole."""
    return {path.replace("stringData", "data") for path in paths}


def kept(change):
    """Paths that the side before ignored: the state holds whatever was first, which no evaluation knows.

    A pool's `nodes` are an output that its provider tells anew with its size.
    """
    return {"nodes"}.union(change.old.ignore_changes if change.old else ())


def agree(outcome, made):
    """Operations are the same for every resource, and paths for what is updated."""
    predicted = {verdict.change.resource.urn: verdict.change for verdict in made.verdicts}
    done, said = operations(outcome), {urn: change.operation for urn, change in predicted.items()}
    unlike = {
        urn: (done.get(urn), said.get(urn)) for urn in done.keys() | said.keys() if done.get(urn) != said.get(urn)
    }
    assert not unlike, f"URN: (the engine, the diff) {unlike}"
    differing = {
        step.name: (sorted(step.paths), sorted(predicted[step.urn].paths))
        for step in outcome.steps
        if step.operation == "update"
        and not step.type.startswith(ENGINES_OWN)
        and below(step.paths) - kept(predicted[step.urn])
        != below(predicted[step.urn].paths) - kept(predicted[step.urn])
    }
    assert not differing, f"paths (of the engine, of the diff) {differing}"
