"""What people write is read once, stands where it belongs, and leads nowhere else."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

import postwarden.console
from console.conftest import show

PLACE = Path(postwarden.console.__file__).parent
CASE = {"kind": "misdelivery", "organisations": ["home"], "occurred_from": "2026-03-17T02:14"}
HOSTILE = [
    "%2541 %26amp;lt; &lt;b&gt;",
    "javascript:alert(1)",
    '"><a href=//other.test>',
    "a?b=c&d#e/../%2e%2e",
]
ELSEWHERE = [
    "/.git/config",
    "/.env",
    "/static/",
    "/static/console/",
    "/static/..%2fconsole.secret",
    "/state.sqlite",
    "/admin/",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_written_is_read_once_and_leads_nowhere_else(desk, text):
    browser = desk.browser("anna")
    told = CASE | {"named": text}
    place = browser.post("/cases/open/", told)["Location"]
    pages = [browser.get(one).content.decode() for one in (place, f"{place}timeline/", "/cases/")]
    pages.append(browser.post("/search/", {"search": text}, follow=True).content.decode())
    for page in pages:
        assert text in unescape(page)
        assert text not in page or not set(text) & set('<>"&')
        for link in re.findall(r'(?:href|action|src)="([^"]*)"', page):
            there = urlsplit(unescape(link))
            assert (there.scheme, there.netloc) == ("", ""), link
            assert not there.path.startswith("//")


def test_scripts_write_no_text_of_others_as_markup():
    scripts = {one.name: one.read_text() for one in (PLACE / "static" / "console").glob("*.js")}
    acts = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function|srcdoc"
    found = {name: re.findall(acts, text) for name, text in scripts.items()}
    assert {name: one for name, one in found.items() if one} == {"live.js": ["innerHTML"]}
    # what live.js puts in was rendered by the server, where templates escape
    assert "event.data" in scripts["live.js"]


def test_pages_are_made_of_what_browsers_still_keep_safe():
    templates = [one.read_text() for one in (PLACE / "templates").rglob("*.html")]
    assert templates
    for one in templates:
        assert re.findall(r"<(?:object|embed|applet|frame|iframe|bgsound|marquee)\b", one) == []
    kinds = {one.suffix for one in (PLACE / "static").rglob("*") if one.is_file()}
    assert kinds == {".js", ".css", ".svg"}


def test_who_signs_in_is_led_to_no_other_site(desk):
    user = get_user_model().objects.get_by_natural_key("anna")
    user.set_password("correct horse battery")
    user.save()
    told = {"login": "anna", "password": "correct horse battery"}
    for next_ in ("https://other.test/", "//other.test/", "/\\other.test", "javascript:alert(1)"):
        answer = Client().post("/account/login/", told | {"next": next_})
        assert (answer.status_code, answer["Location"]) == (302, "/"), next_
    browser = desk.browser("anna", sure=False)
    answer = browser.post(
        "/account/reauthenticate/",
        {"password": "correct horse battery", "next": "https://other.test/"},
    )
    assert not urlsplit(answer["Location"]).netloc
    show(browser, user)


def test_of_what_is_sent_twice_the_last_counts_everywhere(desk):
    browser = desk.browser("anna")
    form = "kind=misdelivery&named=first&named=second&organisations=home&occurred_from=2026-03-17T02:14"
    place = browser.post("/cases/open/", form, content_type="application/x-www-form-urlencoded")
    page = browser.get(place["Location"]).content.decode()
    assert "second" in page
    assert "first" not in re.sub(r"<[^>]*>", "", page).split("second")[0]


def test_nothing_of_the_program_or_its_state_is_served(desk):
    for browser in (Client(), desk.browser("anna")):
        assert {place: browser.get(place).status_code for place in ELSEWHERE} == dict.fromkeys(
            ELSEWHERE, 404
        )


def test_what_http_has_for_finding_faults_is_not_answered(desk):
    answer = Client().trace("/account/login/")
    assert answer.status_code == 405
    assert b"TRACE" not in answer.content


def test_every_page_has_a_way_to_sign_out(desk):
    browser = desk.browser("anna")
    places = ["/", "/cases/", f"/cases/{desk.case}/", "/helpdesk/", "/settings/", "/own/"]
    places.append("/account/sessions/")
    for place in places:
        answer = browser.get(place)
        assert answer.status_code == 200, place
        assert b'<form method="post" action="/account/logout/">' in answer.content, place
