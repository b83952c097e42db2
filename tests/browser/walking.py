"""Every page that there is, as it is reached by links, and what a browser finds wrong with it."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from django.urls import Resolver404, resolve
from playwright.sync_api import Page, Response

from browser.hands import PASSWORD

AXE = Path(__file__).parents[2] / "build" / "axe" / "axe.min.js"
HEIGHT = 900
THEMES = ("light", "dark")
WIDTHS = (390, 900, 1400)
_RULES = """async () => (await axe.run(document, {resultTypes: ["violations"]})).violations.map(
  (one) => `${one.id}: ${one.nodes.map(
    (node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join("; ")}`)"""
_WIDE = """() => {
  const scrolls = ["visible", "auto", "scroll"], told = ".unseen, .rail a span, svg, select, input, textarea";
  const cut = (one) => one.clientWidth && !scrolls.includes(getComputedStyle(one).overflowX)
    && !one.closest(told) && one.scrollWidth > one.clientWidth + 1;
  const wide = document.documentElement.scrollWidth - innerWidth;
  return [...(wide > 0 ? [`${wide} px too wide`] : []),
    ...[...document.querySelectorAll("main *, nav *")].filter(cut).map(
      (one) => `${one.tagName} ${one.className}: ${one.textContent.trim().slice(0, 40)}`)];
}"""
_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
_AGAIN = "account_reauthenticate"
_LINKS = "() => [...document.querySelectorAll('a[href]')].map(one => one.getAttribute('href'))"


def name_of(address: str) -> str | None:
    """Give the name of the page at a path; None where there is none."""
    try:
        return resolve(urlsplit(address).path).url_name
    except Resolver404:
        return None


def _opened(page: Page, address: str) -> Response | None:
    """Open a page; say again who walks where it is asked: a walk outlasts the minutes that a sign-in is fresh."""
    answer = page.goto(address)
    if name_of(page.url) != _AGAIN or name_of(address) == _AGAIN:
        return answer
    secret = "input[type=password]"
    page.fill(secret, PASSWORD)
    with page.expect_navigation() as led:
        page.locator(f"main form:has({secret}) button").first.click()
    return led.value


def reached(page: Page, *starts: str) -> Iterator[tuple[str, str]]:
    """Follow links from some pages; give each page that there is once, by name, with one of its addresses.

    Files to download and sign-out are left alone. Each is the page that was asked for, but for those that
    lead on; the page stands on what was given while the caller looks at it.
    """
    left, seen = [*starts], set()
    while left:
        address = left.pop(0)
        name = name_of(address)
        if name is None or name in seen or name in NO_PAGES:
            continue
        seen.add(name)
        answer = _opened(page, address)
        given = answer and answer.status, name_of(page.url)
        assert given == (200, LEADS_ON.get(name, name)), address
        left += [one for one in page.evaluate(_LINKS) if one.startswith("/")]
        yield name, address


def barriers(page: Page) -> list[str]:
    """Give what keeps somebody out, by axe's rules; the page has to load it."""
    found: list[str] = page.evaluate(_RULES)
    return found


def clipped(page: Page) -> list[str]:
    """Give what stands beyond the window's edge, or beyond that of what it stands in."""
    found: list[str] = page.evaluate(_WIDE)
    return found


def seen_at(page: Page, width: int, theme: str = "light") -> None:
    """Look through a window of some width, by day or by night."""
    page.set_viewport_size({"width": width, "height": HEIGHT})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # type: ignore[arg-type]  # one of THEMES
    page.evaluate(_FRAME)  # by then the page knows its new width


NO_PAGES = {
    "mfa_download_recovery_codes",
    "account_logout",
    "plans-live",
    "metrics",
    "api-document",
}
"""Addresses that are linked and give no page."""
LEADS_ON = {"second-factor": "today"}
"""Pages that lead whoever has set up all there is to another one."""
