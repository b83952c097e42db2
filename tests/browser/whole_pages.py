"""Every page: no barrier by axe's rules, nothing clipped or beyond the edge, in every language."""

from urllib.parse import urlsplit

import pytest
from django.urls import reverse

from browser import story
from browser.hands import ByMouse
from browser.pictured import UNPICTURED
from browser.walking import (
    AXE,
    THEMES,
    WIDTHS,
    barriers,
    clipped,
    reached,
    seen_at,
)
from drills.lab.conftest import servers  # noqa: F401  # the fixture
from postwarden.console.settings import LANGUAGES
from postwarden.console.urls import PAGES

pytestmark = [pytest.mark.servers, pytest.mark.timeout(1800)]
BEYOND = ("second-factor", "search", "helpdesk-message-id", "glass", "glass-ask", "components")
"""Pages that no link leads to at this moment of the case, or only for developers."""


@pytest.fixture(scope="module")
def worked(people, desk, stray):
    """Two people with a case whose repair waits for a signature."""
    anna, dora = people("anna", "dora", by=ByMouse)
    story.until_planned(anna, dora, stray)
    return anna, dora


def pages_of(who):
    """Give the starts from which somebody reaches every page that is theirs."""
    plan = plan_of(who)
    acts = (f"{plan}{one}/" for one in ("run", "stop", "abandon", "decide"))
    return plan, *acts, *map(reverse, BEYOND), "/", reverse("work-stop", args=[1])


def plan_of(who):
    story.to_the_case(who)
    who.follow("Plans", within=story.OF_THE_CASE)
    who.follow("bring it home")
    who.sees("Refuse with a reason")
    return urlsplit(who.page.url).path


def test_every_page_is_reached(worked):
    missed = {page.name for page in PAGES} - UNPICTURED
    for who in worked:
        starts = pages_of(who)
        missed -= {name for name, _address in reached(who.page, *starts)}
    assert missed == set()


def test_no_page_has_a_barrier(worked):
    found = {}
    for who in worked:
        starts = pages_of(who)
        page = who.context.new_page()
        page.add_init_script(path=AXE)
        for name, address in reached(page, *starts):
            for theme in THEMES:
                for width in (WIDTHS[0], WIDTHS[-1]):
                    seen_at(page, width, theme)
                    if told := barriers(page):
                        found[name, theme, width] = (address, told)
        page.close()
    assert found == {}


def test_the_way_in_has_no_barrier(worked, desk):
    desk("person", "add", "emil", "--role", "reader")
    link = desk("person", "invite", "emil").rpartition(": ")[2].strip()
    page = worked[0].context.browser.new_page(base_url=worked[0].page.url)
    page.add_init_script(path=AXE)
    found = {}
    for address in (reverse("account_login"), link, reverse("set-up", args=["gone"])):
        page.goto(address)
        for theme in THEMES:
            for width in WIDTHS:
                seen_at(page, width, theme)
                if told := [*barriers(page), *clipped(page)]:
                    found[address, theme, width] = told
    page.close()
    assert found == {}


@pytest.mark.parametrize("language", [code for code, _name in LANGUAGES])
def test_nothing_is_clipped_or_too_wide(worked, language):
    found = {}
    _anna, dora = worked
    starts = pages_of(dora)
    context = dora.context.browser.new_context(
        base_url=dora.page.url, locale=language, storage_state=dora.context.storage_state()
    )
    page = context.new_page()
    for name, address in reached(page, *starts):
        for width in WIDTHS:
            seen_at(page, width)
            if told := clipped(page):
                found[name, width] = (address, told)
    dora.context.add_cookies(context.cookies())  # who showed again who they are has another key
    context.close()
    assert found == {}
