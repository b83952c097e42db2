"""Signing with a person's own key: OpenSSH does it, with a file or through the agent."""

import os
import subprocess

from postwarden.people.service import NAMESPACE, BadKey


def public_half(key: str) -> str:
    """Give the public key that belongs to a file: itself, or the one beside it; raise `BadKey`."""
    path = key if key.endswith(".pub") else f"{key}.pub"
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            return file.read(10_000)
    except (OSError, UnicodeDecodeError) as error:
        raise BadKey(
            f"{path}: cannot be read; name a key made by `ssh-keygen -t ed25519`"
        ) from error


def sign(message: bytes, key: str) -> str:
    """Give the armoured signature over a message.

    Args:
        message: what is signed.
        key: a private key's file, or a public one's whose other half an SSH agent holds.

    Raises:
        BadKey: OpenSSH could not sign.
    """
    words = ["ssh-keygen", "-q", "-Y", "sign", "-n", NAMESPACE, "-f", os.path.expanduser(key)]
    try:
        done = subprocess.run(  # noqa: S603  # fixed words and a file's name
            words, input=message, stdout=subprocess.PIPE, check=False
        )
    except FileNotFoundError:
        raise BadKey("ssh-keygen is not installed; install openssh-client") from None
    if done.returncode != 0:
        raise BadKey(f"{key}: OpenSSH could not sign with it")
    return done.stdout.decode("ascii", "replace")
