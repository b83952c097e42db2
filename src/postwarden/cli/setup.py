"""`postwarden setup`: the settings by which this host's servers refuse held accounts."""

import os
import secrets
import subprocess
from enum import StrEnum
from typing import Annotated

import typer

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile
from postwarden.configuration import load
from postwarden.holds.file import make_projection
from postwarden.holds.settings import HoldSettings
from postwarden.holds.setup import Texts, dovecot, is_dovecot_23, postfix
from postwarden.vocabulary import PostwardenError


class NoServer(PostwardenError):
    """The server is not on this host, so that its version is not known."""


class Server(StrEnum):
    """Those that hold accounts."""

    DOVECOT = "dovecot"
    POSTFIX = "postfix"


def setup(
    server: Annotated[Server, typer.Argument(metavar="SERVER", help="dovecot or postfix.")],
    config: ConfigurationFile = DEFAULT_CONFIGURATION,
    server_config: Annotated[
        str | None,
        typer.Option(
            metavar="PATH",
            help="Postfix: the folder of its main.cf, where it is not the usual one.",
        ),
    ] = None,
) -> None:
    """Print the settings by which this host's Dovecot or Postfix refuses held accounts.

    They are made for the version found. Writes the look-up that goes with them, and the empty file of
    held accounts where there is none, into the folder of [holds]; no server's settings are changed.
    """
    settings = load(config).holds
    make_projection(settings.path)
    if server is Server.DOVECOT:
        texts = _dovecot(settings)
    else:
        texts = _postfix(settings, ("-c", server_config) if server_config else ())
    if texts.query_file:
        path = os.path.join(settings.path, texts.query_file)
        with open(path, "w", encoding="utf-8") as file:
            file.write(texts.query)
        os.chmod(path, 0o640)
    typer.echo(texts.main, nl=False)


def _dovecot(settings: HoldSettings) -> Texts:
    version = _asked("/usr/sbin/dovecot", "--version")
    typer.echo(f"# Dovecot {version}: {_place(is_dovecot_23(version))}")
    typer.echo("# Its auth-worker has to run as root, as it does unless set otherwise.")
    return dovecot(settings, version, secrets.token_hex(16))


def _place(is_23: bool) -> str:
    return "for the end of dovecot.conf, behind every passdb" if is_23 else "for dovecot.conf"


def _postfix(settings: HoldSettings, where: tuple[str, ...]) -> Texts:
    version = _asked("/usr/sbin/postconf", *where, "-h", "mail_version")
    named = ("smtpd_sender_restrictions", "smtpd_end_of_data_restrictions", "proxy_read_maps")
    now = [_asked("/usr/sbin/postconf", *where, "-h", one) for one in named]
    typer.echo(f"# Postfix {version}: in main.cf, in place of the same parameters there.")
    typer.echo(f"# {settings.path} and its files have to be readable by the group of user postfix.")
    for line in _asked("/usr/sbin/postconf", *where, "-P").splitlines():
        name = line.partition("=")[0].strip()
        if name.endswith(("/smtpd_sender_restrictions", "/smtpd_end_of_data_restrictions")):
            typer.echo(f"# master.cf has its own {name}: put check_sasl_access there, too.")
    return postfix(settings, *now)


def _asked(*words: str) -> str:
    try:
        done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=30)  # noqa: S603  # fixed words and a path
    except FileNotFoundError:
        raise NoServer(f"{words[0]} is not on this host; run this where the server is") from None
    except subprocess.CalledProcessError as error:
        raise NoServer(f"{words[0]}: {error.stderr.strip()}") from error
    return done.stdout.strip()
