"""Pictures of every page for the documentation, and the page that shows them: `make pictures`.

The case on them is that of the tests: made up from its first to its last byte.
"""

from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.urls import reverse
from PIL import Image

from browser import story
from browser.hands import ByMouse
from browser.pictured import PAGE, PICTURES, UNPICTURED, written_page
from browser.walking import reached, seen_at
from drills.lab.conftest import servers  # noqa: F401  # the fixture
from postwarden.console.urls import PAGES

pytestmark = [pytest.mark.servers, pytest.mark.timeout(900)]
WIDTH, HEIGHT = 1120, 720
COLOURS = 64
BEYOND = ("second-factor", "search", "helpdesk-message-id", "glass-ask", "glass")
OF_A_PLAN = ("plans-run", "plans-stop", "plans-abandon", "plans-decide")


def test_every_page_has_its_picture(people, desk, stray):
    anna, dora = people("anna", "dora", by=ByMouse)
    story.until_planned(anna, dora, stray)
    ours = {page.name for page in PAGES} - UNPICTURED
    PICTURES.mkdir(exist_ok=True)
    titles: dict[str, str] = {}
    for who in (dora, anna):
        story.to_the_case(who)
        who.follow("Plans", within=story.OF_THE_CASE)
        who.follow("bring it home")
        plan = urlsplit(who.page.url).path
        acts = (f"{plan}{one.removeprefix('plans-')}/" for one in OF_A_PLAN)
        work = reverse("work-stop", args=[1])
        for name, _address in reached(who.page, plan, *acts, *map(_at, BEYOND), "/", work):
            if name in ours and name not in titles:
                titles[name] = who.page.title().removesuffix(" · Postwarden")
                _take(who.page, PICTURES / f"{name}.png")
    for stale in {one.stem for one in PICTURES.glob("*.png")} - titles.keys():
        (PICTURES / f"{stale}.png").unlink()
    PAGE.write_text(written_page(titles))


def _at(name: str) -> str:
    return reverse(name)


def _take(page, file: Path) -> None:
    seen_at(page, WIDTH)
    page.set_viewport_size({"width": WIDTH, "height": HEIGHT})
    page.wait_for_load_state("networkidle")
    with Image.open(BytesIO(page.screenshot())) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(file, optimize=True)
