"""Running Postfix's commands on one instance."""

import subprocess

_SECONDS = 30


def run(command: str, folder: str, *words: str) -> str:
    """Give what a command of Postfix prints.

    Args:
        command: its name.
        folder: of main.cf.
        words: further arguments.

    Raises:
        OSError: it is not there, does not end, or fails; the text has what it said.
    """
    line = [f"/usr/sbin/{command}", "-c", folder, *words]
    try:
        done = subprocess.run(  # noqa: S603  # no shell
            line, capture_output=True, check=False, timeout=_SECONDS, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise OSError(f"{command} has not ended after {_SECONDS} s") from error
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise OSError(f"{command}: {said or f'status {done.returncode}'}")
    return done.stdout.decode(errors="replace")
