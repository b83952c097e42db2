import subprocess

import pytest

from postwarden.people.service import EVERYWHERE, Grant, Role

NOW = 1_795_000_000_000_000
POSTMASTER = Grant(Role.POSTMASTER, EVERYWHERE)
HELPDESK = Grant(Role.HELPDESK, "brand")


class Records(list):
    """Takes what would go to the ledger."""

    def __call__(self, act, actor, person, detail, now):
        self.append((act, actor, person, dict(detail)))


class KeyFile:
    """A key made by ssh-keygen, and what it signs."""

    def __init__(self, folder, kind="ed25519"):
        self.path = folder / f"key-{len(list(folder.glob('key-*')))}"
        run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "anna@desk.example", "-f", self.path)
        self.public = self.path.with_name(f"{self.path.name}.pub").read_text()

    def sign(self, message, namespace="postwarden"):
        return run(
            "ssh-keygen", "-q", "-Y", "sign", "-n", namespace, "-f", self.path, given=message
        )


def run(*words, given=b""):
    done = subprocess.run([str(w) for w in words], input=given, capture_output=True, check=True)
    return done.stdout.decode()


@pytest.fixture
def records():
    return Records()


@pytest.fixture
def make_key(tmp_path):
    return lambda kind="ed25519": KeyFile(tmp_path, kind)
