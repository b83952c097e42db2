"""Which pages have a picture in the documentation, and the page that shows them."""

from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "docs" / "pictures"
PAGE = PICTURES / "pages.md"
SENT = {
    "cases-exclude",
    "cases-let-in",
    "cases-take-out",
    "cases-unrestrict",
    "glass-live",
    "own-keys-revoke",
    "own-tokens-revoke",
    "plans-live",
    "work-live",
}
"""Addresses that are only sent to, or only listened to."""
NEED_MORE = {
    "cases-knocks",
    "glass-message",
    "glass-one",
    "glass-shown",
    "invited",
    "oidc",
    "oidc-back",
    "own-identity",
    "set-up",
}
"""Pages that need somebody's grant, a link that is used up, or a provider of identities."""
NOT_FOR_PEOPLE = {"components", "health-live", "health-ready", "metrics"}
"""For developers and programs."""
UNPICTURED = SENT | NEED_MORE | NOT_FOR_PEOPLE

_HEAD = """# Every page of the console

Pictures of a made-up case on a lab, taken by `make pictures`. How to work with these pages:
[Work in the browser](../how-to/work-in-the-browser.md).
"""


def written_page(titles: Mapping[str, str]) -> str:
    """Write the page that shows all pictures, by their pages' titles."""
    shown = sorted((title, name) for name, title in titles.items())
    return _HEAD + "".join(
        f"\n## {title} (`{name}`)\n\n![{title}]({name}.png)\n" for title, name in shown
    )
