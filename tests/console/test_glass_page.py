"""Break-glass by its pages: asked, signed by somebody else, read as text."""

import re

import pytest

from people.conftest import KeyFile, Records
from postwarden.console.pages import glass as pages
from postwarden.evidence import service as evidence
from postwarden.evidence.service import Copies
from postwarden.glass.service import GlassDesk, consent
from postwarden.people.models import Identity, TieRow
from postwarden.people.service import challenge, enrol, member
from postwarden.rooms import present
from postwarden.sources.service import CopyRecord, header_hash
from postwarden.wiring import fetcher

HOLDER = "hold1@example.net"
WHY = "The holder says that a letter in it threatens her."
MAIL = b"From: a@shop.test\nSubject: hello\nContent-Type: text/html\n\n<p>dear <script>x</script>you</p>\n"
NAME = "cur/1795000000.M1P1.store"


def words(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", answer.content.decode()))


@pytest.fixture
def wanted(desk, tree, monkeypatch):
    """A message in a real Maildir, as the newest snapshot would know it."""
    folder = tree / "vmail" / "example.net" / "hold1" / "Maildir"
    for one in ("cur", "new", "tmp"):
        (folder / one).mkdir(parents=True, exist_ok=True)
    (folder / f"{NAME}:2,S").write_bytes(MAIL)
    copy = CopyRecord(**dict.fromkeys(CopyRecord._fields))._replace(
        store="store1", account=HOLDER, folder="INBOX", file=NAME, size=len(MAIL),
        internal_date=desk.now, header_hash=header_hash(MAIL, frozenset()),
    )  # fmt: skip

    def copies_of(_root, account, message_id):
        there = (account, message_id) == (HOLDER, "<a@shop.test>")
        return Copies("s1", desk.now, (copy,) if there else ())

    monkeypatch.setattr(evidence, "copies_of", copies_of)
    return {"account": HOLDER, "message_id": "<a@shop.test>"}


@pytest.fixture
def asked(desk, wanted):
    """The address of a request that waits for somebody else."""
    told = {"place": f"store1 INBOX {NAME}", "case": desk.case, "why": WHY, "minutes": "15"}
    answer = desk.browser("officer-home").post("/break-glass/ask/", wanted | told)
    assert answer.status_code == 302
    return answer["Location"]


def fetch(desk):
    fetcher(desk.configuration, desk.holds.desk, present).run()


def grant(desk, asked, who, folder):
    key = KeyFile(folder)
    signed = key.sign(challenge(who, key.public))
    enrol(who, key.public, signed, who, Records(), present())
    there = GlassDesk(desk.holds.desk)
    found = there.one(asked.split("/")[2], member("anna"))
    return desk.browser(who).post(asked, {"signature": key.sign(consent(found.asked))})


def test_one_message_is_read_once_somebody_else_signed(desk, asked, tmp_path):
    browser = desk.browser("officer-home")
    assert browser.post(f"{asked}message/").status_code == 409
    assert "threatens her" in words(desk.browser("counsel-all").get(asked))
    looked = [one for one in desk.holds.desk.ledger.entries() if one.act == "console.read"]
    assert [(one.facts["actor"], one.facts["detail"]["page"]) for one in looked] == [
        ("counsel-all", "glass-one")
    ]
    assert grant(desk, asked, "counsel-all", tmp_path).status_code == 302
    assert browser.get(f"{asked}message/").status_code == 302  # it takes a POST
    begun = browser.post(f"{asked}message/", secure=True)
    cookie = begun.cookies["__Secure-reading"]
    assert (cookie["path"], cookie["samesite"]) == (f"{asked}message/shown/", "Strict")
    assert cookie["httponly"]
    assert cookie["secure"]
    assert "The worker fetches it" in words(browser.get(begun["Location"]))
    fetch(desk)
    assert "Show one message" in words(browser.get(begun["Location"]))
    assert browser.get(f"{asked}message/shown/").status_code == 302  # so does that
    shown = browser.post(f"{asked}message/shown/", secure=True)
    assert "dear you" in words(shown)
    assert b"<script>x" not in shown.content
    assert "no-store" in shown["Cache-Control"]
    acts = [one.act for one in desk.holds.desk.ledger.about(HOLDER)]
    names = ["opened", "fetched", "opening", "granted", "asked"]
    assert acts[:5] == [f"glass.{one}" for one in names]
    again = browser.post(f"{asked}message/shown/")
    assert (again.status_code, "it was shown already" in words(again)) == (409, True)


def test_who_agreed_does_not_read_and_who_asked_does_not_agree(desk, asked, tmp_path):
    assert grant(desk, asked, "officer-home", tmp_path).status_code == 409
    assert "Your answer" not in words(desk.browser("officer-home").get(asked))
    assert grant(desk, asked, "officer-all", tmp_path).status_code == 302
    assert desk.browser("officer-all").post(f"{asked}message/").status_code == 409


def test_a_refusal_ends_it(desk, asked, tmp_path):
    browser = desk.browser("counsel-all")
    assert browser.post(asked, {"why": "the headers are enough"}).status_code == 302
    assert "refused by counsel-all" in words(browser.get("/break-glass/"))
    assert grant(desk, asked, "counsel-all", tmp_path).status_code == 409


def test_a_message_that_is_gone_shows_nothing(desk, asked, tree, tmp_path):
    grant(desk, asked, "counsel-all", tmp_path)
    (tree / "vmail/example.net/hold1/Maildir" / f"{NAME}:2,S").unlink()
    browser = desk.browser("officer-home")
    browser.post(f"{asked}message/")
    fetch(desk)
    assert "Nothing was shown" in words(browser.get(f"{asked}message/"))
    assert browser.post(f"{asked}message/shown/").status_code == 409


def test_who_waits_is_told_what_to_do_where_no_worker_runs(desk, asked, tmp_path, monkeypatch):
    grant(desk, asked, "counsel-all", tmp_path)
    browser = desk.browser("officer-home")
    browser.post(f"{asked}message/")
    monkeypatch.setattr(pages, "present", lambda: present() + 20_000_000)
    told = words(browser.get(f"{asked}message/"))
    assert "Does the worker run? postwarden worker" in told
    assert "Look again" in told


def test_the_page_hears_when_it_is_there(desk, asked, tmp_path):
    grant(desk, asked, "counsel-all", tmp_path)
    browser = desk.browser("officer-home")
    assert browser.get(f"{asked}message/live/").status_code == 200
    browser.post(f"{asked}message/")
    fetch(desk)
    told = b"".join(browser.get(f"{asked}message/live/").streaming_content).decode()
    assert told.startswith("event: ended")
    assert "Show one message" in told
    assert "dear" not in told


def test_it_is_asked_in_two_steps_and_what_is_missing_is_told(desk, wanted):
    browser = desk.browser("officer-home")
    found = words(browser.post("/break-glass/ask/", wanted))
    assert "Ask a second person for one message" in found
    assert "hello" not in found
    other = browser.post("/break-glass/ask/", wanted | {"message_id": "<b@shop.test>"})
    assert "has no such message" in words(other)
    told = {"place": f"store1 INBOX {NAME}", "case": desk.case, "why": WHY, "minutes": "15"}
    for wrong in ({"why": "short"}, {"case": "1999-0001"}, {"minutes": "600"}, {"place": "x"}):
        answer = browser.post("/break-glass/ask/", wanted | told | wrong)
        assert answer.status_code == 200
    looked = [one for one in desk.holds.desk.ledger.about(HOLDER) if "glass" in one.act]
    assert {(one.act, one.facts["actor"]) for one in looked} == {("glass.searched", "officer-home")}
    assert looked[-2].facts["detail"] == {"message_id": "<b@shop.test>"}


def test_others_organisations_neither_ask_nor_see(desk, asked, wanted):
    theirs = desk.browser("officer-brand")
    assert theirs.post("/break-glass/ask/", wanted).status_code == 403
    nobody = wanted | {"account": "identity anna"}
    assert desk.browser("officer-all").post("/break-glass/ask/", nobody).status_code == 403
    assert theirs.get(asked).status_code == 404
    assert theirs.post(f"{asked}message/").status_code == 404
    assert "hold1" not in words(theirs.get("/break-glass/"))


def test_who_is_tied_to_the_asker_is_told_so_and_has_nothing_to_sign(desk, asked):
    user = Identity.objects.get(name="counsel-all")
    TieRow.objects.create(identity=user, by=Identity.objects.get(name="officer-home"))
    shown = desk.browser("counsel-all").get(asked)
    assert "You cannot agree to it" in words(shown)
    assert b'name="signature"' not in shown.content
    assert b'name="signature"' not in desk.browser("officer-home").get(asked).content
    assert "Your answer" in words(desk.browser("counsel-home").get(asked))
