"""The folder of an installation: its configuration, and the snapshot of every account."""

import shutil
from pathlib import Path

from bench.snapshot import DOMAINS, Writer
from load.sizes import Size

_CONFIGURATION = """
[provider]
name = "Example Mail"
domains = [{domains}]

[[stores]]
name = "store1"
driver = "maildir"
path = "mail/{{domain}}/{{local}}"

[[directories]]
accounts = [{{ path = "users", format = "dovecot-passwd" }}]

[[organisations]]
name = "home"
full_name = "Example Mail"
domains = [{domains}]

[evidence]
path = "{evidence}"

[state]
path = "{state}"
{url}
"""


def configured(place: Path, url: str | None) -> Path:
    """Write the configuration of an installation in a folder; give its file."""
    domains = ", ".join(f'"d{number}.example"' for number in range(DOMAINS))
    file = place / "postwarden.toml"
    database = "" if url is None else f'url = "{url}"'
    names = {"domains": domains, "evidence": place / "evidence", "state": place / "state"}
    file.write_text(_CONFIGURATION.format(**names, url=database))
    return file


def evidence(place: Path, size: Size) -> None:
    """Write the newest snapshot, with the directory of every account, where it is not there yet."""
    if (place / "evidence").exists():
        return
    shutil.rmtree(place / "tables", ignore_errors=True)
    writer = Writer(str(place / "tables"), size.accounts)
    writer.directory()
    (place / "evidence").symlink_to(writer.snapshot(size.copies))
