"""Every file that a lab writes into its folder."""

import csv
import grp
import os
import secrets
import subprocess
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

from postwarden.custody.quarantine.identities import make_key_file, recipient_of
from postwarden.drills.lab import cast, dovecot, postfix, toml
from postwarden.drills.lab.folder import State, give
from postwarden.drills.lab.options import HOST, NOBODY, Store
from postwarden.drills.lab.requirements import KNOWN
from postwarden.durable.service import replace_text
from postwarden.holds import setup
from postwarden.holds.file import make_projection, projection_file
from postwarden.holds.settings import HoldSettings

TOML = "postwarden.toml"
_LOCATIONS = {Store.MAILDIR: "maildir:~/Maildir", Store.MDBOX: "mdbox:~/mdbox"}
# Two deliveries to several recipients each may lock two list indexes crosswise; Dovecot 2.3 panics then.
_FURTHER = {Store.MAILDIR: "", Store.MDBOX: "mailbox_list_index = no"}
_OWN = "# Written by `postwarden lab up`; remove this line to keep your own.\n"


def write_once(root: Path, state: State) -> None:
    """Write what a lab is made with and what belongs to its user from then on, where it lacks."""
    for name in ("tables", "postfix", "dovecot/state", "log"):
        (root / name).mkdir(parents=True, exist_ok=True)
    for store in (root / "vmail", *(root / "vmail" / domain for domain in cast.DOMAINS)):
        store.mkdir(0o700, exist_ok=True)
        os.chown(store, state.uid, state.gid)
    for log in ("mail.log", "dovecot.log"):
        (root / "log" / log).touch(0o644)
    postfix.make_queue(root)
    for table in (root / "tables" / "virtual", root / "postfix" / "virtual"):
        if not table.exists():
            postfix.write_settled(table, cast.virtual())
    mailboxes = root / "postfix" / "mailboxes"
    if not mailboxes.exists():
        postfix.write_settled(mailboxes, _mailboxes(state))
    users = root / "dovecot" / "users"
    if not users.exists():
        own = {
            cast.THROW_AWAY: _password(root, state, "doctor"),
            cast.STAGING: _password(root, state, "staging"),
        }
        _write_users(users, state, own)
    _make_holds(root, state)
    accounts = root / "accounts.csv"
    if not accounts.exists():
        replace_text(str(accounts), _accounts(state))
        give(accounts, state)


def write_dovecot(root: Path, state: State) -> None:
    """Write dovecot.conf; it names a key, so that root alone may read it."""
    settings = dovecot.DovecotSettings(
        domain=cast.MAIN,
        doveadm_key=state.doveadm_key,
        uid=state.uid,
        gid=state.gid,
        mail_location=_LOCATIONS[state.store],
        further=_FURTHER[state.store],
    )
    text = dovecot.configuration(root, state.ports, settings)
    replace_text(str(root / "dovecot" / "dovecot.conf"), text)
    holds = setup.dovecot(_holds(root, state), KNOWN, state.doveadm_key[:12])
    _write_holds(root, root / "dovecot" / "holds.conf", holds)


def write_postfix(root: Path, state: State) -> None:
    """Write main.cf, which ends with what ROOT/postfix/holds.cf says, and master.cf."""
    etc = root / "postfix"
    parameters = postfix.main_cf(root, state.ports, cast.DOMAINS)
    before = parameters.pop("smtpd_sender_restrictions")
    proxied = postfix.default("proxy_read_maps")
    _write_holds(root, etc / "holds.cf", setup.postfix(_holds(root, state), before, "", proxied))
    text = postfix.parameters(parameters) + (etc / "holds.cf").read_text()
    postfix.write_settled(etc / "main.cf", text)
    postfix.write_settled(etc / "master.cf", postfix.master_cf(state.ports))


def write_toml(root: Path, state: State) -> None:
    """Write postwarden.toml where there is none, or one that nobody has changed."""
    file, recipient = root / TOML, _quarantine_key(root, state)
    if not file.exists() or toml.is_as_written(file.read_text(errors="replace"), state, recipient):
        replace_text(str(file), toml.configuration(state, recipient))
        give(file, state)


def _quarantine_key(root: Path, state: State) -> str:
    """Give the recipient of the lab's own key, made where it lacks."""
    file = root / "quarantine.key"
    if not file.exists():
        make_key_file(str(file))
        give(file, state)
    return recipient_of(str(file))


def _holds(root: Path, state: State) -> HoldSettings:
    return HoldSettings(path=str(root / "holds"), host=HOST, port=state.ports.policy)


def _write_holds(root: Path, place: Path, texts: setup.Texts) -> None:
    """Write what `postwarden setup` says, unless somebody wrote settings of their own."""
    if not place.exists() or place.read_text(errors="replace").startswith(_OWN):
        postfix.write_settled(place, _OWN + texts.main)
    postfix.write_settled(root / "holds" / texts.query_file, texts.query)


def _make_holds(root: Path, state: State) -> None:
    """Make the projection in a folder that is Postfix's to read; Dovecot reads it as root."""
    folder = root / "holds"
    owner = 0 if state.uid == NOBODY else state.uid
    folder.mkdir(exist_ok=True)
    os.chown(folder, owner, grp.getgrnam("postfix").gr_gid)
    folder.chmod(0o2750)  # setgid: what is made in it is that group's, too
    make_projection(str(folder))
    os.chown(projection_file(str(folder)), owner, -1)


def _mailboxes(state: State) -> str:
    return "".join(f"{one} OK\n" for one in (*state.passwords, cast.THROW_AWAY))


def _password(root: Path, state: State, name: str) -> str:
    """Give the password of an account of Postwarden's own, which postwarden.toml leads to."""
    file = root / "dovecot" / f"{name}.password"
    if not file.exists():
        replace_text(str(file), secrets.token_urlsafe(12) + "\n")
        give(file, state)
    return file.read_text().strip()


def _write_users(users: Path, state: State, own: Mapping[str, str]) -> None:
    """Write Dovecot's passwd-file, with passwords hashed as providers have them (crypt(5), $6$)."""
    passwords = {**state.passwords, **own}
    hashed = subprocess.run(
        ["/usr/bin/openssl", "passwd", "-6", "-stdin"],
        input="\n".join([*passwords.values(), ""]),
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    ).stdout.split()
    lines = (
        f"{account}:{{SHA512-CRYPT}}{one}::::::\n"
        for account, one in zip(passwords, hashed, strict=True)
    )
    replace_text(str(users), "".join(lines))
    os.chown(users, state.uid, grp.getgrnam("dovecot").gr_gid)
    users.chmod(0o640)


def _accounts(state: State) -> str:
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("address", "password"))
    writer.writerows(state.passwords.items())
    return text.getvalue()
