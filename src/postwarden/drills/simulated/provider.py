"""The provider tree: postwarden.toml, vmail/, log/ and directory/."""

import shutil
from collections.abc import Mapping
from pathlib import Path

from postwarden.drills.simulated.clock import local
from postwarden.drills.simulated.directory import Directory, passwd_text, regexp_text, virtual_text
from postwarden.drills.simulated.maildir import home_of
from postwarden.drills.simulated.site import DOMAIN, FILTER_HOST, HOST, MASTER, Site

_HEAD = """\
[provider]
name = "Example Mail"
domains = {domains}
hosts = ["{host}", "{filter_host}"]
recipient_delimiter = "+"
separator = "/"
timezone = "Europe/Amsterdam"

[[stores]]
name = "store1"
driver = "maildir"
path = "vmail/{{domain}}/{{local}}/Maildir"
"""

_LOGS = """
[[logs]]
format = "postfix"
path = "log/mail.log*"
host = "{host}"
year = 2026

[[logs]]
format = "dovecot"
path = "log/dovecot.log*"
host = "{host}"
year = 2026

[[logs]]
format = "dovecot-events"
path = "log/events.log*"
host = "{host}"
"""

_EVIDENCE = f"""
[evidence]
path = "evidence"
content_hash = true
master_users = ["{MASTER}"]
"""


def save(site: Site, out: Path, *, style: str, logs: bool) -> None:
    """Write a provider tree to `out`, which must be absent or a provider tree."""
    if out.exists():
        if any(out.iterdir()) and not (out / "postwarden.toml").exists():
            raise FileExistsError(f"{out} holds something else; name a new folder")
        shutil.rmtree(out)
    out.mkdir(parents=True)
    (out / "postwarden.toml").touch()
    site.store.save(out / "vmail", site.accounts)
    for account, sieve in site.sieve.items():
        (home_of(out / "vmail", account).parent / ".dovecot.sieve").write_text(sieve.script)
    text = _HEAD.format(domains=_listed(_domains(site)), host=HOST, filter_host=FILTER_HOST)
    text += _directories(site, out / "directory")
    if logs:
        site.logs.save(out / "log", style, HOST)
        text += _LOGS.format(host=HOST)
    (out / "postwarden.toml").write_text(text + _EVIDENCE)


def _domains(site: Site) -> list[str]:
    domains = {DOMAIN: None}
    for _, directory in site.intended.periods:
        domains |= dict.fromkeys(directory.domain_aliases)
        domains |= {key.rpartition("@")[2]: None for key in directory.aliases}
    return list(domains)


def _directories(site: Site, folder: Path) -> str:
    folder.mkdir()
    if site.faulty is not None:
        (folder / "virtual.faulty").write_text(virtual_text(site.faulty.aliases))
    periods = site.intended.periods
    text = ""
    for place, (since, directory) in enumerate(periods):
        suffix = f".{place + 1}" if len(periods) > 1 else ""
        until = periods[place + 1][0] if place + 1 < len(periods) else None
        text += "\n[[directories]]\n"
        text += f'valid_from = "{local(since).isoformat()}"\n' if since else ""
        text += f'valid_to = "{local(until).isoformat()}"\n' if until else ""
        text += _tables(directory, folder, suffix)
    return text


def _tables(directory: Directory, folder: Path, suffix: str) -> str:
    aliases = []
    if directory.patterns:
        aliases.append(
            _table(
                folder, f"virtual.regexp{suffix}", "postfix-regexp", regexp_text(directory.patterns)
            )
        )
    aliases.append(
        _table(folder, f"virtual{suffix}", "postfix-virtual", virtual_text(directory.aliases))
    )
    accounts = _table(folder, f"users{suffix}", "dovecot-passwd", passwd_text(directory.accounts))
    text = (
        f"accounts = {accounts}\naliases = [\n"
        + "".join(f"  {table},\n" for table in aliases)
        + "]\n"
    )
    if directory.domain_aliases:
        text += f"domain_aliases = {_inline(directory.domain_aliases)}\n"
    if directory.canonical:
        table = _table(
            folder,
            f"recipient_canonical{suffix}",
            "postfix-regexp",
            regexp_text(directory.canonical),
        )
        text += f"canonical = [{table}]\n"
    if directory.bcc:
        written = virtual_text({key: (value,) for key, value in directory.bcc.items()})
        text += f"bcc = [{_table(folder, f'recipient_bcc{suffix}', 'postfix-virtual', written)}]\n"
    return text


def _table(folder: Path, name: str, kind: str, text: str) -> str:
    (folder / name).write_text(text)
    return f'{{ format = "{kind}", path = "directory/{name}" }}'


def _inline(values: Mapping[str, str]) -> str:
    return "{ " + ", ".join(f'"{key}" = "{value}"' for key, value in values.items()) + " }"


def _listed(values: list[str]) -> str:
    return "[" + ", ".join(f'"{value}"' for value in values) + "]"
