"""The console in its reader's language; what is kept is the same in all of them."""

import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from cases.conftest import finding
from console.conftest import HELD
from console.test_gate import PAGES, address
from postwarden.cases import service as cases
from postwarden.console.speaking import told
from postwarden.holds.service import Wish
from postwarden.people.service import EVERYWHERE, Grant, NotAllowed, Role, member, settle
from postwarden.veiled import veil
from postwarden.vocabulary import counted, joined, said

sys.path.append(str(Path(__file__).parents[2] / "tools"))
from babel.messages import Catalog

import languages

OTHERS = [code for code, _name in settings.LANGUAGES if code != "en"]
DATA = re.compile(
    r"mail astray|they share a map|a colleague|Example Mail|Brand Mail|test|snapshot|postwarden\b|"
    r"@example|simulated|demo|/[a-z]+/|-(All|Home|Brand)|f\d|message_id|Plan [0-9a-f]{12}|Apple Mail|Outlook"
)
"""What the installation of these tests says itself, which stands on the pages as it is."""


class Texts(HTMLParser):
    """Collects what a page says: its text, and what its attributes say."""

    def __init__(self, page):
        super().__init__()
        self.found, self._silent, self.language = [], 0, ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self._silent += tag in ("script", "code", "option")
        self.language = told["lang"] if tag == "html" else self.language
        self.found += [told[one] for one in ("aria-label", "title", "placeholder") if told.get(one)]

    def handle_endtag(self, tag):
        self._silent -= tag in ("script", "code", "option")

    def handle_data(self, data):
        if data.strip() and not self._silent:
            self.found.append(data.strip())


@pytest.fixture
def furnished_case(desk):
    """A case with findings, a report, and a plan that waits; somebody who may see all of it."""
    desk.person("eva", Grant(Role.POSTMASTER, EVERYWHERE), Grant(Role.OFFICER, EVERYWHERE))
    desk(
        cases.take_findings,
        desk.case,
        cases.Taken("s1", frozenset(HELD), (finding("f1", HELD[0]), finding("f2", HELD[1]))),
    )
    desk(cases.add_report, desk.case, cases.Telling(HELD[0], desk.now))
    desk.plan = desk.holds.hold(Wish(HELD, desk.case, "test"), member("anna"), desk.now).plan.hash
    return desk


def walked(desk, language):
    """Give the texts of every page, by its name."""
    browser = desk.browser("eva")
    settle("eva", "", language, lambda *_: None, desk.now)
    found = {}
    for page in PAGES:
        where = address(page, desk.case).replace("0" * 64, desk.plan)
        if ":veiled>" in page.route:
            where = where.replace(desk.plan, veil(HELD[0]))
        answer = browser.get(where.replace("/none/", "/f1/"), HTTP_ACCEPT_LANGUAGE=language)
        if page.name == "programs":
            continue  # what programs read is English
        if "text/html" in answer.get("Content-Type", "") and answer.status_code == 200:
            found[page.name] = Texts(answer.content.decode())
    return found


def test_no_page_says_anything_in_english_to_who_reads_german(furnished_case):
    english, german = walked(furnished_case, "en"), walked(furnished_case, "de")
    assert len(german) > 40
    assert {texts.language for texts in german.values()} == {"de"}
    same = {
        (name, text)
        for name, texts in german.items()
        for text in {*texts.found} & {*english[name].found}
        if re.search(r"[A-Za-z]{2,}[ ,]+[a-z]{2,}", text) and not DATA.search(text)
    }
    assert "\n".join(map(str, sorted(same))) == ""


@pytest.mark.parametrize("language", OTHERS)
def test_whoever_is_not_signed_in_is_spoken_to_as_their_browser_asks(bare, language):
    answer = Client().get("/account/login/", HTTP_ACCEPT_LANGUAGE=f"{language}, en;q=0.5")
    page = Texts(answer.content.decode())
    assert page.language == answer["Content-Language"] == language
    assert "Accept-Language" in answer["Vary"]
    with override(language):
        assert told(said("Sign in with a passkey")) in page.found
    assert "Sign in with a passkey" not in page.found


def test_a_setting_holds_from_the_next_page_on_over_the_browsers_wish(desk):
    browser = desk.browser("anna")
    wish = {"HTTP_ACCEPT_LANGUAGE": "fr"}
    assert Texts(browser.get("/", **wish).content.decode()).language == "fr"
    browser.post("/own/", {"zone": "", "language": "nl"}, **wish)
    for where in ("/", reverse("usersessions_list"), reverse("account_change_password")):
        assert Texts(browser.get(where, **wish).content.decode()).language == "nl"
    browser.post("/own/", {"zone": "", "language": ""}, **wish)
    assert Texts(browser.get("/", **wish).content.decode()).language == "fr"


def test_a_refusal_is_said_in_the_readers_language(desk):
    settle("reader-all", "", "de", lambda *_: None, desk.now)
    answer = desk.browser("reader-all").get("/settings/")
    assert answer.status_code == 403
    assert "reader-all darf das nicht: nötig ist" in answer.content.decode()


def test_nothing_that_is_kept_depends_on_a_language(desk):
    settle("anna", "", "de", lambda *_: None, desk.now)
    browser = desk.browser("anna")
    where = f"/cases/{desk.case}"
    assert browser.post(f"{where}/note/", {"text": "seen"}).status_code == 302
    assert browser.post(f"{where}/report/", {"account": HELD[0]}).status_code == 302
    asked = browser.post(f"{where}/hold/", {"account": HELD[0]})
    meant = re.search(r'name="meant" value="([0-9a-f]+)"', asked.content.decode()).group(1)
    told_by_list = {"list": HELD[0], "meant": meant, "why": "test", "way": "hold"}
    assert browser.post(f"{where}/hold/", told_by_list).status_code == 302
    kept = everything_kept()
    german = [text for text in texts_of("de") if " " in text]
    assert len(german) > 500
    assert [text for text in german if text in kept] == []
    assert "hold.placed" in kept or "plan.frozen" in kept


def everything_kept():
    """Give all that stands in the database, but sessions, whose messages are for one reader."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
        rows = []
        for name in names:
            if name not in ("django_session", "console_cache"):
                cursor.execute(f'SELECT * FROM "{name}"')
                rows += cursor.fetchall()
    return repr(rows)


def texts_of(language):
    """Give what a catalogue says otherwise than English does."""
    for message in languages.catalogue(language):
        ids = message.id if isinstance(message.id, tuple) else (message.id,)
        strings = message.string if isinstance(message.string, tuple) else (message.string,)
        for text in strings:
            for part in re.split(r"\{[^}]*\}|%\(\w+\)s", text):
                if part.strip() and not any(part.strip() in one for one in ids):
                    yield part.strip()


def test_a_sentence_is_its_english_text_and_can_be_said_in_another_language():
    one = said("Left out: {account} {why}", account="a@example.net", why=said("is held already"))
    assert one == "Left out: a@example.net is held already"
    assert hash(one) == hash(str(one))
    with override("de"):
        assert one == "Left out: a@example.net is held already"
        assert told(one) == "Ausgelassen: a@example.net ist schon gesperrt"
        assert told(joined(", ", [said("is missing"), "x"])) == "fehlt, x"
        assert told("is missing") == "is missing"  # whoever wrote it meant it so


@pytest.mark.parametrize(
    ("language", "n", "expected"),
    [
        ("en", 1200, "1,200 accounts"),
        ("de", 1200, "1.200 Konten"),
        ("de", 1, "1 Konto"),
        ("fr", 0, "0 compte"),
        ("nl", 0, "0 accounts"),
        ("it", 2, "2 account"),
    ],
)
def test_what_is_counted_is_said_and_written_as_the_language_does(language, n, expected):
    with override(language):
        assert told(counted("{n:,} account", "{n:,} accounts", n)).replace("\xa0", " ") == expected


def test_what_an_error_says_is_said_in_the_readers_language():
    error = NotAllowed(said("{name} acts no more", name="ben"))
    with override("it"):
        assert (str(error), told(error)) == ("ben acts no more", "ben non può più agire")
        assert told(NotAllowed("something else")) == "something else"


@pytest.mark.parametrize(
    ("one", "string", "fault"),
    [
        ("{n} more", "", "not translated"),
        ("{n} more", "mehr", "names other values"),
        ("{n} more", "{m} mehr", "names other values"),
        ("%(n)s more", "mehr", "names other values"),
        ("run `postwarden scan`", "führen Sie es aus", "another command"),
        (("{n} copy", "{n} copies"), ("{n} Kopie", ""), "not translated"),
    ],
)
def test_a_faulty_translation_is_found(one, string, fault):
    texts = Catalog(locale="de")
    texts.add(one, string)
    found = [*languages.faults_of(texts[one])]
    assert len(found) == 1
    assert fault in found[0]


@pytest.mark.parametrize("language", OTHERS)
def test_what_django_reads_is_made_of_what_was_translated(language):
    assert languages.faults_of_compiled(language) == []
