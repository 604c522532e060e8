"""kubectl, in its current context."""

import shutil
import subprocess


def kubectl(*arguments: str, seconds: float) -> str:
    """Run kubectl and return what it prints.

    Raises:
        OSError: it is missing, does not answer in time, or refuses.
    """
    if not shutil.which("kubectl"):
        raise OSError("kubectl is not installed; install it, or skip bridges with --bridges none")
    named = f"kubectl {arguments[0]}"
    try:
        done = subprocess.run(["kubectl", *arguments], capture_output=True, text=True, check=False, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{named}: no answer within {seconds:.0f} s") from error
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise OSError(f"{named}: {said[-1] if said else 'failed'}")
    return done.stdout
