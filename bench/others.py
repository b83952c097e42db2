"""Other ways to read the same messages: the standard library, bare reading, mu and notmuch."""

import os
import subprocess  # the bench runs the programs it compares with
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from email.parser import BytesHeaderParser
from multiprocessing import get_context

FIRST = 8_192


def header_parser(files: Sequence[str]) -> None:
    """Parse the headers of whole files with the standard library, in this process."""
    parser = BytesHeaderParser()
    for path in files:
        with open(path, "rb") as file:
            parser.parse(file)


def read_first(files: Sequence[str]) -> None:
    """Read the first 8 KiB of each file, in this process."""
    for path in files:
        descriptor = os.open(path, os.O_RDONLY)
        os.read(descriptor, FIRST)
        os.close(descriptor)


def read_first_by(files: Sequence[str], processes: int) -> None:
    """Read the first 8 KiB of each file, the files divided among processes."""
    shares = [files[number::processes] for number in range(processes)]
    with ProcessPoolExecutor(processes, mp_context=get_context("forkserver")) as pool:
        list(pool.map(read_first, shares))


def mu_index(mail: str, home: str) -> None:
    """Index with mu from nothing, in a database of its own."""
    _run(["mu", "init", f"--muhome={home}", f"--maildir={mail}"])
    _run(["mu", "index", f"--muhome={home}"])


def notmuch_new(mail: str, home: str) -> None:
    """Index with notmuch from nothing, in a database and a home of its own, without hooks."""
    os.makedirs(home)
    settings = os.path.join(home, "config")
    with open(settings, "w", encoding="utf-8") as file:
        file.write(
            f"[database]\npath={home}\nmail_root={mail}\n"
            "[user]\nname=Bench\nprimary_email=bench@example.net\n"
            "[new]\ntags=new\n[maildir]\nsynchronize_flags=false\n"
        )
    _run(["notmuch", "new", "--quiet", "--no-hooks"], {"NOTMUCH_CONFIG": settings, "HOME": home})


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    subprocess.run(  # fixed programs and our own folders
        command,
        env={**os.environ, **(environment or {})},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=True,
    )
