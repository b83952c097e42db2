"""The pictures of the documentation: one of each page, each shown, and not too heavy to keep."""

from browser.pictured import PICTURES, ROOT, UNPICTURED
from postwarden.console.urls import PAGES

HEAVIEST = 3_000_000


def test_each_page_has_a_picture_and_each_picture_is_shown():
    pictures = {one.stem for one in PICTURES.glob("*.png")}
    assert pictures == {page.name for page in PAGES} - UNPICTURED
    told = "".join(one.read_text() for one in (ROOT / "docs").rglob("*.md"))
    assert [one for one in pictures if f"({one}.png)" not in told] == []
    assert "pictures/" in (ROOT / "README.md").read_text()
    assert sum(one.stat().st_size for one in PICTURES.glob("*.png")) < HEAVIEST
