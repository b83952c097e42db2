import io

import pytest
from fake_findings import HOSTILE, ZONE, finding, findings, summary
from rich.console import Console

from postwarden.cli.output.figures import headline
from postwarden.cli.output.hostile import acts
from postwarden.cli.output.text import print_text


def printed(given, width=80, **background):
    stream = io.StringIO()
    console = Console(file=stream, width=width, color_system=None)
    print_text(summary(given, **background), given, console, ZONE)
    return stream.getvalue()


@pytest.mark.parametrize("width", [40, 80, 200])
def test_no_line_is_wider_than_the_console(width):
    assert max(len(line) for line in printed(findings(60), width).splitlines()) <= width


def test_the_state_comes_first_in_one_line():
    given = [finding(n, account="a@example.net") for n in range(3)]
    first = printed(given, 200).splitlines()[0]
    assert first == headline(summary(given))
    assert first.startswith("3 misdelivered copies of 3 messages in 1 mailbox; ")


def test_every_wrong_copy_is_there_with_the_id_that_explain_takes():
    given = findings(60)
    text = printed(given)
    for one in given:
        assert (one.id in text) is one.wrong


def test_nothing_found_says_so_and_names_the_next_command():
    text = printed([])
    assert text.startswith("No misdelivered or crossed copy found.")
    assert "postwarden examine --format html" in text


def test_gaps_and_unexplained_copies_are_told():
    text = printed(findings(60), 200)
    assert "1 gap in the logs: a missing line proves nothing there" in text
    assert "dovecot: Fri 20 Nov 11:40, 45 min; a rotated file is missing" in text
    assert "came while a log was silent" in text
    assert "strange lines: 10" in text


def test_a_piped_page_has_no_escape_sequences_whatever_the_mail_says():
    hostile = finding(
        1,
        account=HOSTILE,
        rightful=(HOSTILE,),
        original_recipients=(HOSTILE,),
        id=HOSTILE,
        delivered_at=None,
    )
    text = printed([hostile], provider=HOSTILE, problems={HOSTILE: 1})
    assert not any(map(acts, text.replace("\n", "")))


def test_markup_of_the_console_is_text_like_any_other():
    assert "[bold]b[/bold]@example.net" in printed(
        [finding(1, account="[bold]b[/bold]@example.net")]
    )


def test_copies_that_came_for_one_reason_share_its_sentence():
    one = finding(1)
    text = printed([one, finding(1, id="f" * 16), finding(1, id="e" * 16)], 200)
    said = (
        f"The directory leads {one.original_recipient} to {one.rightful[0]}, not to {one.account}."
    )
    assert text.count(said) == 1


def test_the_next_act_stands_beside_every_account():
    given = findings(60)
    drawn = summary(given)
    lines = printed(given, 200).splitlines()
    for holder in drawn.holders:
        (line,) = [one for one in lines if one.startswith(f"{holder.account}: ")]
        assert "Next: hold and examine" in line
    for owner in drawn.owners:
        (line,) = [one for one in lines if one.startswith(f"  {owner.account} ")]
        assert line.split()[1:4] == [str(owner.messages), str(owner.lacks), str(owner.may_lack)]
        assert line.rstrip().endswith("tell")
