"""The console as it is served, and its worker: processes of their own."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.free_port import answers, free

POSTWARDEN = (sys.executable, "-c", "from postwarden.cli import main; main()")


class Desk:
    """An installation on the command line."""

    def __init__(self, configuration: Path) -> None:
        self.configuration = configuration

    def __call__(self, *words: str, who: str | None = "anna") -> str:
        acting = [] if who is None else ["--as", who]
        told = subprocess.run(
            [*POSTWARDEN, *words, *acting, "-c", str(self.configuration)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert told.returncode == 0, told.stderr
        return told.stdout


@contextmanager
def serving(configuration: Path) -> Iterator[str]:
    """Serve the console, its worker beside it, and give its address."""
    port = free(0)
    address = f"http://localhost:{port}"
    serve = ("serve", "--insecure", "--workers", "1", "--port", str(port))
    with (
        running(configuration, *serve),
        running(configuration, "worker"),
    ):
        assert answers(f"{address}/account/login/"), log_of(configuration, "serve").read_text()
        yield address


@contextmanager
def running(configuration: Path, *words: str) -> Iterator[None]:
    """Run a command until the block has ended; what it says is kept beside the configuration."""
    with log_of(configuration, words[0]).open("wb") as log:
        process = subprocess.Popen(
            [*POSTWARDEN, *words, "-c", str(configuration)],
            stdout=log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"POSTWARDEN_COMPONENTS": "1"},
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(30)


def log_of(configuration: Path, command: str) -> Path:
    return configuration.parent / f"{command}.log"
