"""The pure parts of the drill: maps, schedule, truth, and the arithmetic of its report with planted errors."""

import io
import json
from dataclasses import replace

import pytest

from cli.conftest import ask
from postwarden.cli import drill as command
from postwarden.cli.output.drill_words import ACTS, FAULTS, KINDS, LACKS
from postwarden.cli.output.drills import write_drill_html
from postwarden.drills.lab.cast import virtual
from postwarden.drills.lab.service import Store
from postwarden.drills.misdelivery import service, steps, stock, stores
from postwarden.drills.misdelivery.conduct import Conductor, Ended
from postwarden.drills.misdelivery.ending import Fault, Lack, end
from postwarden.drills.misdelivery.errors import NoStock, NotAsMeant, StepFailed
from postwarden.drills.misdelivery.facts import Facts, Look, accounts
from postwarden.drills.misdelivery.judging import Kind, judge
from postwarden.drills.misdelivery.maps import AliasMap, concerned, one_line_off
from postwarden.drills.misdelivery.schedule import Part, schedule
from postwarden.drills.misdelivery.steps import Step
from postwarden.drills.misdelivery.stock import Letter
from postwarden.drills.misdelivery.stores import Stored
from postwarden.drills.misdelivery.truth import Act, How, Truth

TABLE = "info@a.test anna@a.test\nsales@a.test ben@a.test\nall@a.test info@a.test, sales@a.test\n"
ANNA, BEN, CARL = "anna@a.test", "ben@a.test", "carl@a.test"
RIGHT, WRONG = AliasMap.of(TABLE), AliasMap.of(one_line_off(TABLE))
LEFT_OUT = AliasMap.of(TABLE.replace("all@a.test info@a.test, sales@a.test", f"all@a.test {BEN}"))


def letter(number):
    return Letter(f"letter-{number}", f"<{number}@sender.example>", b"")


def stored(number, account, folder="INBOX", content="bytes", date=7, flags=""):
    name = f"<{number}@sender.example>"
    return Stored(account, folder, name, content, date, flags, f"file-{number}")


def finding(number, account, folder="INBOX", verdict="misdelivered", rightful=(ANNA,), **more):
    exposure = dict.fromkeys(("downloaded", "answered", "forwarded", "copied", "moved"), False)
    told = {"account": account, "message_id": f"<{number}@sender.example>", "folder": folder}
    told |= {
        "file": f"new/file-{number}",
        "verdict": verdict,
        "rightful": list(rightful),
        "gone": False,
        "opened": False,
    }
    return told | {"exposure": exposure, "reasons": [{"code": "because"}]} | more


@pytest.fixture
def truth():
    """One message to info during the fault lies with ben, one to sales with anna; one came right."""
    made = Truth(RIGHT, {})
    made.delivered(letter(1), ["info@a.test"], WRONG, How.DELIVERED)
    made.delivered(letter(2), ["sales@a.test"], WRONG, How.PARKED)
    made.delivered(letter(3), ["info@a.test", CARL], RIGHT, How.DELIVERED)
    return made


BEFORE = [
    stored(1, BEN, content="one", flags="S"),
    stored(2, ANNA, content="two"),
    stored(3, ANNA, content="three", flags="S"),
    stored(3, CARL, content="three"),
]
PUT_RIGHT = [stored(1, ANNA, content="one"), stored(2, BEN, content="two"), *BEFORE[2:]]
FOUND = [finding(1, BEN), finding(2, ANNA, rightful=(BEN,))]


def test_each_alias_gets_the_target_of_the_next_and_those_of_aliases_stay():
    assert one_line_off(TABLE) == (
        "info@a.test ben@a.test\nsales@a.test anna@a.test\nall@a.test info@a.test, sales@a.test\n"
    )


def test_the_lab_s_map_one_line_off_leads_every_plain_alias_elsewhere():
    right, wrong = AliasMap.of(virtual()), AliasMap.of(one_line_off(virtual()))
    same = [one for one in right.targets if right.holders(one) == wrong.holders(one)]
    assert same == []
    assert len(concerned(right, wrong)) > 20


def test_a_recipient_leads_through_aliases_of_aliases_and_past_a_tag():
    assert RIGHT.holders("all@a.test") == {ANNA, BEN}
    assert RIGHT.holders("info+news@a.test") == {ANNA}
    assert RIGHT.holders("carl+news@a.test") == {CARL}
    assert WRONG.expanded(["info@a.test", BEN]) == {BEN: ("info@a.test", BEN)}


def test_equal_seeds_give_equal_schedules_that_reach_every_alias_in_every_larger_part():
    people, aliases = [ANNA, BEN, CARL], ["info@a.test", "sales@a.test"]
    made = schedule(200, people, aliases, 5)
    assert made == schedule(200, people, aliases, 5) != schedule(200, people, aliases, 6)
    assert [one.letter for one in made] == list(range(200))
    for part in Part:
        reached = {name for one in made if one.part is part for name in one.recipients}
        assert reached >= set(aliases)
    assert any(len(one.recipients) > 1 for one in made)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"From x Mon\nMessage-Id: <1@x> (added by\n x)\n\nbody", "<1@x>"),
        (b"Subject: a\r\nmessage-id:\r\n <2@x>\r\n\r\nMessage-ID: <3@x>\r\n", "<2@x>"),
        (b"Subject: none\n\nMessage-ID: <3@x>\n", "<name@sender.example>"),
    ],
)
def test_a_letter_is_known_by_its_own_message_id_or_gets_one(raw, expected):
    read = stock.read("name", raw)
    assert read.message_id == expected
    assert b"\n" not in read.data.replace(b"\r\n", b"")
    assert read.data.endswith(b"\r\n")
    assert not read.data.startswith(b"From ")


def test_without_the_stock_it_says_how_to_get_it(tmp_path):
    with pytest.raises(NoStock, match=r"tools/setup\.sh corpus"):
        stock.letters(tmp_path, 1, 1)


def test_fewer_messages_than_asked_for_are_no_silent_drill(tmp_path):
    (tmp_path / "package" / "data").mkdir(parents=True)
    (tmp_path / "package" / "data" / "one.txt").write_bytes(b"Message-ID: <1@x>\n\n")
    (tmp_path / "complete").touch()
    assert [one.name for one in stock.letters(tmp_path, None, 1)] == ["one"]
    with pytest.raises(NoStock, match="has 1 message"):
        stock.letters(tmp_path, 2, 1)


def test_what_is_wrong_follows_from_the_maps(truth):
    told = [(one.letter, one.account, one.owners, one.belongs) for one in truth.copies]
    assert told == [
        ("letter-1", BEN, (ANNA,), False),
        ("letter-2", ANNA, (BEN,), False),
        ("letter-3", ANNA, (ANNA,), True),
        ("letter-3", CARL, (CARL,), True),
    ]


def test_what_is_sent_on_belongs_to_whom_it_belonged_before():
    made = Truth(RIGHT, {BEN: CARL})
    made.delivered(letter(1), ["info@a.test"], WRONG, How.DELIVERED)
    made.delivered(letter(2), ["sales@a.test"], RIGHT, How.DELIVERED)
    sent_on = [one for one in made.copies if one.how is How.REDIRECTED]
    assert [(one.account, one.owners, one.belongs) for one in sent_on] == [
        (CARL, (ANNA,), False),
        (CARL, (BEN,), True),
    ]


def test_who_is_meant_by_another_recipient_may_be_called_either():
    made = Truth(RIGHT, {})
    made.delivered(letter(1), ["info@a.test", "sales@a.test"], WRONG, How.DELIVERED)
    assert [(one.account, one.else_meant) for one in made.copies] == [(BEN, True), (ANNA, True)]
    assert judge(made, [finding(1, BEN)]).accused == ()
    assert judge(made, []).missed == ()
    assert judge(made, [finding(1, BEN), finding(1, BEN)]).accused != ()


def test_what_was_found_is_counted_by_kind(truth):
    found = judge(truth, FOUND)
    assert (found.true, found.found, found.missed, found.accused) == (2, 2, (), ())
    counts = {one.kind: (one.true, one.found) for one in found.kinds}
    assert counts[Kind.PLAIN] == counts[Kind.PARKED] == (1, 1)
    assert found.wrong_owners == 0


def test_a_missed_copy_shows_with_what_it_was_called(truth):
    (missed,) = judge(truth, [FOUND[0], finding(2, ANNA, verdict="unexplained")]).missed
    assert (missed.letter, missed.account, missed.folder) == ("letter-2", ANNA, "INBOX")
    assert (missed.verdict, missed.reasons) == ("unexplained", ("because",))
    assert judge(truth, FOUND[:1]).missed[0].verdict is None


@pytest.mark.parametrize(
    ("planted", "letter_of_it"),
    [
        (finding(3, CARL), "letter-3"),
        (finding(1, BEN), "letter-1"),  # one copy called wrong twice
        (finding(1, BEN, gone=True), "letter-1"),
        (finding(1, BEN, folder="Archive"), "letter-1"),
        (finding(3, ANNA, verdict="crossed"), "letter-3"),
        (finding(99, BEN), None),
    ],
)
def test_who_is_accused_wrongly_shows(truth, planted, letter_of_it):
    found = judge(truth, [*FOUND, planted])
    assert [one.letter for one in found.accused] == [letter_of_it]
    assert found.found == 2


def test_a_finding_is_about_the_message_in_the_file_it_names(truth):
    other_id = [FOUND[0] | {"message_id": "<dovecot-sieve-1@mx>"}, FOUND[1]]
    assert judge(truth, other_id, BEFORE) == judge(truth, FOUND, BEFORE)
    assert len(judge(truth, other_id).missed) == len(judge(truth, other_id).accused) == 1


def test_a_message_id_that_a_log_cut_short_is_known_where_it_can_be_one_alone(truth):
    truth.copies[0].gone = True
    cut = finding(1, BEN, gone=True) | {"message_id": "<1@sen...", "file": None}
    assert judge(truth, [cut, FOUND[1]]).missed == ()
    assert len(judge(truth, [cut | {"message_id": "<..."}, FOUND[1]]).accused) == 1


def test_wrong_owners_and_denied_acts_show(truth):
    truth.copies[0].acts += [Act.OPENED, Act.MOVED, Act.REDIRECTED]
    exposure = finding(1, BEN)["exposure"] | {"moved": None}
    told = finding(1, BEN, rightful=(CARL,), opened=True, exposure=exposure)
    found = judge(truth, [told, FOUND[1]])
    assert found.wrong_owners == 1
    acts = {one.act: (one.done, one.told, one.denied) for one in found.told}
    assert acts[Act.OPENED] == (1, 1, 0)
    assert acts[Act.MOVED] == (1, 0, 0)
    assert acts[Act.REDIRECTED] == (1, 0, 1)


def test_put_right_is_right(truth):
    ending = end(truth, BEFORE, PUT_RIGHT)
    assert ending.wrong == ()
    assert (ending.misplaced, ending.removed, ending.lacked, ending.delivered) == (2, 2, 2, 2)
    assert (ending.own, ending.kept) == (2, 2)


def test_nothing_done_shows_as_such(truth):
    ending = end(truth, BEFORE, BEFORE)
    assert {(one.letter, one.account, one.fault) for one in ending.wrong} == {
        ("letter-2", ANNA, Fault.STILL_THERE),
        ("letter-1", ANNA, Fault.NOT_DELIVERED),
        ("letter-1", BEN, Fault.STILL_THERE),
        ("letter-2", BEN, Fault.NOT_DELIVERED),
    }
    assert len(ending.wrong) == 4
    assert (ending.removed, ending.delivered, ending.kept) == (0, 0, 2)


@pytest.mark.parametrize(
    ("after", "fault", "whose"),
    [
        (PUT_RIGHT[:3], Fault.LOST, CARL),
        ([*PUT_RIGHT, stored(3, CARL, content="three")], Fault.DOUBLE, CARL),
        ([*PUT_RIGHT, PUT_RIGHT[0]], Fault.DOUBLE, ANNA),
        ([*PUT_RIGHT, stored(1, "staging@a.test", content="one")], Fault.DOUBLE, "staging@a.test"),
        ([*PUT_RIGHT, BEFORE[0]], Fault.STILL_THERE, BEN),
        (PUT_RIGHT[1:], Fault.NOT_DELIVERED, ANNA),
        ([PUT_RIGHT[0]._replace(content="else"), *PUT_RIGHT[1:]], Fault.OTHER_BYTES, ANNA),
        ([PUT_RIGHT[0]._replace(date=8), *PUT_RIGHT[1:]], Fault.OTHER_DATE, ANNA),
        ([PUT_RIGHT[0]._replace(flags="S"), *PUT_RIGHT[1:]], Fault.NOT_UNREAD, ANNA),
        ([*PUT_RIGHT[:3], PUT_RIGHT[3]._replace(content="else")], Fault.ALTERED, CARL),
        ([*PUT_RIGHT[:3], PUT_RIGHT[3]._replace(flags="S")], Fault.ALTERED, CARL),
    ],
)
def test_each_planted_fault_of_a_repair_shows(truth, after, fault, whose):
    ending = end(truth, BEFORE, after)
    assert [(one.account, one.fault) for one in ending.wrong] == [(whose, fault)]
    counted = (ending.removed, ending.delivered, ending.kept)
    assert counted != (2, 2, 2) or fault is Fault.DOUBLE


def test_a_wrong_copy_left_in_place_of_the_holder_s_own_shows():
    made = Truth(RIGHT, {})
    made.delivered(letter(1), ["info@a.test"], WRONG, How.DELIVERED)
    made.delivered(letter(1), [BEN], RIGHT, How.DELIVERED)
    made.copies[0].folder = "Archive"
    wrong, own = stored(1, BEN, "Archive", "wrong"), stored(1, BEN, content="own")
    faults = [one.fault for one in end(made, [wrong, own], [wrong]).wrong]
    assert set(faults) == {Fault.STILL_THERE, Fault.LOST}


def test_what_nobody_could_deliver_is_told_by_why():
    made = Truth(RIGHT, {})
    made.delivered(letter(1), ["info@a.test"], WRONG, How.DELIVERED)
    made.copies[0].gone = True
    made.delivered(letter(2), ["all@a.test"], LEFT_OUT, How.DELIVERED)
    made.copies[-1].gone = True
    ending = end(made, [], [])
    assert ending.beyond == {Lack.DELETED: 1, Lack.NO_COPY: 1}
    assert (ending.lacked, ending.left_out, ending.wrong) == (0, 0, ())


def test_who_was_left_out_is_to_get_it_from_a_right_copy_which_stays():
    made = Truth(RIGHT, {})
    made.delivered(letter(2), ["all@a.test"], LEFT_OUT, How.DELIVERED)
    there = [stored(2, BEN, flags="S")]
    assert [(one.account, one.fault) for one in end(made, there, there).wrong] == [
        (ANNA, Fault.NOT_DELIVERED)
    ]
    ending = end(made, there, [*there, stored(2, ANNA)])
    assert (ending.lacked, ending.left_out, ending.delivered, ending.wrong) == (1, 1, 1, ())
    assert (ending.own, ending.kept, ending.misplaced) == (1, 1, 0)
    assert Fault.LOST in {one.fault for one in end(made, there, [stored(2, ANNA)]).wrong}


def test_who_deleted_a_copy_that_came_for_somebody_else_still_gets_their_own():
    made = Truth(RIGHT, {})
    made.delivered(letter(1), ["info@a.test", "sales@a.test"], WRONG, How.DELIVERED)
    made.copies[0].gone = True  # ben's, for info; anna has the one for sales
    before, after = [stored(1, ANNA)], [stored(1, BEN)]
    assert end(made, before, before).wrong[0].fault is Fault.NOT_DELIVERED
    ending = end(made, before, [stored(1, ANNA), *after])
    assert (ending.lacked, ending.delivered, ending.wrong) == (1, 1, ())


def test_who_was_meant_too_and_loses_the_copy_that_came_for_another_is_told():
    made = Truth(RIGHT, {})
    made.delivered(letter(1), ["info@a.test", "sales@a.test"], WRONG, How.DELIVERED)
    made.copies[0].gone = True  # ben's; nothing is left to give anna her own
    lost = end(made, [stored(1, ANNA)], [stored(1, BEN)])
    assert [(one.account, one.fault) for one in lost.wrong] == [(ANNA, Fault.LOST)]


def test_what_doveadm_shows_is_parted_by_sizes():
    head = b"user: %b\nmailbox: %b\nuid: 3\nflags: %b\ndate.received.unixtime: 7\nsize.virtual: %d\ntext:\n"
    hostile = b"A: b\n\n\x0c\n" + head % (b"eve@a.test", b"INBOX", b"", 0) + b"\xff\n"
    printed = b"anna@a.test\n" + head % (
        b"anna@a.test",
        "Entw\xfcrfe".encode(),
        b"\\Seen \\Recent",
        len(hostile) + hostile.count(b"\n"),
    )
    printed += hostile + b"\x0c\nben@a.test\n" + head % (b"ben@a.test", b"INBOX", b"", 8) + b"A: b\n\nc\n"
    first, second = stores.parted(printed)
    assert first == (ANNA, "Entw\xfcrfe", hostile, 7, "\\Seen", "uid=3")
    assert second == (BEN, "INBOX", b"A: b\n\nc"[:6], 7, "", "uid=3")


def test_stores_that_are_not_as_the_drill_knows_are_not_judged(truth):
    stores.must_agree(truth, BEFORE)
    for planted in (
        BEFORE[1:],
        [*BEFORE, BEFORE[0]],
        [BEFORE[0]._replace(folder="x"), *BEFORE[1:]],
    ):
        with pytest.raises(NotAsMeant, match="letter-1"):
            stores.must_agree(truth, planted)


def test_maildirs_are_read_as_they_lie(tmp_path):
    maildir = tmp_path / "vmail" / "a.test" / "anna" / "Maildir"
    for name, file, text in (
        ("cur", "1.x:2,FS", b"Message-ID: <1@x>\n\na\n"),
        ("new", "2.x", b"Message-ID: <2@x>\n\n"),
        (".Archive.Old/cur", "3.x:2,", b"Message-ID: <1@x>\r\n\r\na\r\n"),
        (".Twice/new", "4.x", b"Message-ID: <sieve@x>\nMessage-ID: <1@x>\n\na\n"),
    ):
        (maildir / name).mkdir(parents=True)
        (maildir / name / file).write_bytes(text)
    found = stores.read(tmp_path, Store.MAILDIR, {"<1@x>"})
    assert [(one.account, one.folder, one.flags) for one in found] == [
        (ANNA, "INBOX", "FS"),
        (ANNA, "Archive/Old", ""),
        (ANNA, "Twice", ""),
    ]
    assert found[0].content == found[1].content


def test_accounts_are_counted_against_the_truth(truth):
    every = (ANNA, BEN, CARL)
    held = Look(frozenset({ANNA, CARL}), frozenset({BEN, CARL}))
    told = accounts(truth, every, held, frozenset({CARL}), Look(frozenset(), frozenset({BEN})))
    assert (told.held, told.proven, told.released) == (2, 1, 2)
    assert told.proven_wrongly == (ANNA,)
    assert told.not_held == (BEN,)
    assert told.let_in_though_held == (CARL,)
    assert told.kept_out_though_free == (ANNA, CARL)


def test_a_step_s_words_are_filled_and_what_it_says_is_kept(tmp_path):
    given = []

    def give(module, words):
        given.append((module, *words))
        return Ended(0, "Next: postwarden plan approve 09e6686d0a36\n", "")

    conductor = Conductor(tmp_path / "postwarden.toml", tmp_path, give, lambda line: None)
    conductor.values |= {"case": "2026-0001", "concerned": (ANNA, BEN)}
    first = Step("one, two", ("hold", "{case}", "{concerned}"), "anna", keeps=steps._PLAN)
    second = Step("each", ("{plan}", "{account}"), each="some", module="check")
    conductor.take((first, second), {"some": [{"account": "x"}, {"account": "y"}]})
    config = str(tmp_path / "postwarden.toml")
    assert given == [
        ("", "hold", "2026-0001", ANNA, BEN, "--as", "anna", "-c", config),
        ("check", "09e6686d0a36", "x"),
        ("check", "09e6686d0a36", "y"),
    ]
    assert [one.printed for one in conductor.done] == ["01-one-two.txt", "02-each.txt"]
    assert conductor.printed("one, two").startswith("Next:")


def test_a_step_that_ends_otherwise_stops_the_drill_and_says_why(tmp_path):
    conductor = Conductor(
        tmp_path / "x", tmp_path, lambda module, words: Ended(2, "", "no such case"), print
    )
    with pytest.raises(StepFailed, match="ended with status 2: no such case"):
        conductor.take((Step("one", ("verify",)),), {})
    assert conductor.done == []


def test_a_step_that_says_too_little_stops_the_drill(tmp_path):
    conductor = Conductor(tmp_path / "x", tmp_path, lambda module, words: Ended(0, "?", ""), print)
    with pytest.raises(StepFailed, match="did not say"):
        conductor.take((Step("one", ("x",), keeps=r"(?P<plan>\d+)"),), {})


def facts_of(truth, findings, after, **more):
    told = Facts(
        seed=1, messages=3, copies=4, began="2026-11-22T10:00:00Z", ended="2026-11-22T10:01:00Z",
        prepared=1.5, case="2026-0001", findings=judge(truth, findings),
        accounts=accounts(truth, (ANNA, BEN, CARL), *LOOKS),
        ending=end(truth, BEFORE, after), steps=(),
    )  # fmt: skip
    return replace(told, **more)


LOOKS = (
    Look(frozenset({ANNA, BEN}), frozenset({CARL})),
    frozenset({ANNA, BEN}),
    Look(frozenset(), frozenset({ANNA, BEN, CARL})),
)


def page_of(facts):
    stream = io.StringIO()
    write_drill_html(facts, stream)
    return stream.getvalue()


def test_the_report_says_what_is_wrong_and_whose(truth):
    well = facts_of(truth, FOUND, PUT_RIGHT)
    assert well.went_well
    assert "Nothing was missed, and nobody accused wrongly." in page_of(well)
    ill = facts_of(truth, [FOUND[0], finding(3, CARL)], [*PUT_RIGHT[:3], BEFORE[0]])
    assert not ill.went_well
    page = page_of(ill)
    for told in ("letter-3", "letter-2", FAULTS[Fault.STILL_THERE], "1 copy accused"):
        assert told in page
    assert page == page_of(ill)
    assert "<script" not in page


def test_every_code_has_its_words():
    assert set(KINDS) == set(Kind)
    assert set(FAULTS) == set(Fault)
    assert set(LACKS) == set(Lack)
    assert {one.act for one in judge(Truth(RIGHT, {}), []).told} == set(ACTS)


@pytest.mark.parametrize(("findings", "status"), [(FOUND, 0), ([*FOUND, finding(3, CARL)], 1)])
def test_the_command_writes_both_reports_and_ends_by_how_it_went(
    truth, tmp_path, monkeypatch, findings, status
):
    class Over:
        facts, folder = facts_of(truth, findings, PUT_RIGHT), tmp_path

        def give(self, *files):
            self.given = files

    asked = []
    monkeypatch.setattr(
        command.misdelivery_drill,
        "drill",
        lambda folder, messages, seed, tell, *, store, keep: (
            asked.append((folder, messages, seed, store, keep)) or Over()
        ),
    )
    words = ("--messages", "150", "--seed", "7", "--store", "mdbox", "--keep")
    answer = ask("drill", "misdelivery", "--dir", "x", *words)
    assert answer.status == status
    assert asked == [("x", 150, 7, Store.MDBOX, True)]
    assert "Of 2 wrong copies 2 were found" in answer.out
    told = json.loads((tmp_path / "report.json").read_text())
    assert told["went_well"] is (status == 0)
    assert told["findings"]["found"] == 2
    assert (tmp_path / "report.html").read_text() == page_of(Over.facts)


def test_too_few_messages_are_refused():
    assert ask("drill", "misdelivery", "--messages", "10").status == 2
    with pytest.raises(service.DrillError, match="too few"):
        service.drill("nowhere", 10, 1, print)
