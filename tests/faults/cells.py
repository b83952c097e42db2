"""The matrix of faults: at each step of a repair, each thing that can go wrong, and how it ends.

D: done in the first try. R: put off, and done once it is tried again. L: left, and nothing was done.
P: a person has to look. "-": there is no such cell, as with no literal to cut.
"""

import re

from faults.dovecots import NO_USER
from faults.scripted import http

SECONDS = 20.0  # that an answer may take
SHORT = 0.2  # that one may take which will not come


# What can go wrong with a request of doveadm.


def before(_cell, _step):
    """The connection drops, and nothing was done."""


def after(_cell, step):
    """It was done, and the connection drops."""
    step.do()


def halved(_cell, step):
    whole = step.do()
    step.send(whole[: len(whole) - 3])


def panics(cell, step):
    """A move stores the copy and never expunges what it was made of; else as `after`."""
    if not step.name.startswith("move"):
        step.do()
        return
    for _, given, _ in step.request:
        cell.copied(given)


def stalls(cell, step):
    cell.lose_patience(step)


def late(cell, step):
    """It is at work until its client has left, and longer: the master process says so."""
    cell.work_on(step)
    cell.lose_patience(step)


def delayed(cell, step):
    """It lies in the network, and comes when three requests more were served."""
    cell.delay(step)


def says(body, status="200 OK"):
    return lambda _cell, step: step.send(http(body, status))


def other_tags(_cell, step):
    head, end, body = step.do().partition(b"\r\n\r\n")
    step.send(head + end + re.sub(rb'"\d+"\]', rb'"xx"]', body))


def fails(code):
    """Every command ends with a code, and none was carried out."""

    def told(_cell, step):
        tags = [tag for _, _, tag in step.request or []]
        error = '["error",{"type":"exitCode","exitCode":%d},"%s"]'
        step.send(http(("[" + ",".join(error % (code, tag) for tag in tags) + "]").encode()))

    return told


def no_owner(cell, step):
    """The owner's account is removed just before."""
    cell.remove_account(cell.owner)
    cell.well(step)


def no_holder(cell, step):
    cell.remove_account(cell.holder)
    cell.well(step)


def validity(cell, step):
    """The owner's INBOX gets another UIDVALIDITY just before."""
    cell.renumber(cell.owner)
    cell.well(step)


def over_quota(cell, step):
    """The owner's account is full from here on; a move is carried out, panics, and says nothing."""
    cell.fill(cell.owner)
    if step.name.startswith("move"):
        panics(cell, step)
    else:
        cell.well(step)


DOVEADM = {
    "before": before,
    "after": after,
    "halved": halved,
    "panics": panics,
    "stalls": stalls,
    "late": late,
    "delayed": delayed,
    "no-http": lambda _cell, step: step.send(b"* OK Dovecot ready.\r\n"),
    "no-json": says(b"\xff\x00{]"),
    "shape": says(b'{"doveadmResponse": 1}'),
    "tags": other_tags,
    "long": says(b"x" * 10_000_000),
    "401": says(b"", "401 Unauthorized"),
    "500": says(b"", "500 Internal Server Error"),
    "exit-75": fails(75),
    "no-user": fails(NO_USER),
    "refused": None,  # by the listener, before the step
    "no-owner": no_owner,
    "no-holder": no_holder,
    "validity": validity,
    "quota": over_quota,
}

SLOW = (stalls, late)  # those end by a time-out


# What can go wrong with a command of IMAP.


def tagged(word):
    return lambda _cell, step: step.send(step.request[0].split()[0] + word + b" no.\r\n")


def bye(cell, step):
    step.send(b"* BYE Server shutting down.\r\n")
    cell.hang_up()


def in_literal(word):
    """The answer's first literal is cut in its middle, by this and the end of the session."""

    def cut(cell, step):
        whole = step.do()
        start = whole.index(b"}\r\n") + 3
        step.send(whole[: start + 20] + word)
        cell.hang_up()

    return cut


def drops(cell, _step):
    cell.hang_up()


def drops_after(cell, step):
    step.do()
    cell.hang_up()


def eight_bit(_cell, step):
    """Noise of 8-bit bytes before the answer."""
    step.send(b"* OK \xff\xfe\x80 \xe2\x82 {x}\r\n" + step.do())


IMAP = {
    "before": drops,
    "after": drops_after,
    "BYE": bye,
    "NO": tagged(b" NO"),
    "BAD": tagged(b" BAD"),
    "cut": in_literal(b""),
    "BYE-in": in_literal(b"\r\n* BYE\r\n"),
    "NO-in": in_literal(b"\r\np1 NO no.\r\n"),
    "garbage": lambda cell, step: (step.send(b"\xff\x00{]\r\n"), cell.hang_up()),
    "8-bit": eight_bit,
    "long": lambda _cell, step: step.send(b"x" * 10_000_000),
    "stalls": stalls,
    "refused": None,
}


def read_table(text):
    """Read a table: its faults across, its steps down."""
    first, *lines = [line for line in text.splitlines() if line.strip()]
    faults = first.split()
    told = {}
    for line in lines:
        name, _, ends = line.partition(":")
        told |= {
            (name.strip(), fault): end for fault, end in zip(faults, ends.split(), strict=True)
        }
    return told


MATRIX = (
    read_table("""
                  before after halved panics stalls late delayed no-http no-json shape tags long
user 1          : R      R     R      R      R      R    R       R       R       R     R    R
commands 1      : R      R     R      R      R      R    R       R       R       R     D    R
quotaGet 1      : R      R     R      R      R      R    R       R       R       R     R    R
user 2          : R      R     R      R      R      R    R       R       R       R     R    R
copy 1          : R      R     R      R      R      R    R       R       R       R     R    R
text 1          : R      R     R      R      R      R    R       R       R       R     R    R
mailboxStatus 1 : R      R     R      R      R      R    R       R       R       R     R    R
move 1          : D      D     D      D      D      D    D       D       D       D     D    D
processStatus 1 : R      R     R      R      R      R    R       R       R       R     R    R
fetch 1         : R      R     R      R      R      R    R       R       R       R     R    R
copy 2          : R      R     R      R      R      R    R       R       R       R     R    R
fetch 2         : R      R     R      R      R      R    R       R       R       R     R    R
expunge 1       : R      R     R      R      R      R    R       R       R       R     R    R
user 3          : R      R     R      R      R      R    R       R       R       R     R    R
purge 1         : R      R     R      R      R      R    R       R       R       R     R    R
commands 2      : R      R     R      R      R      R    R       R       R       R     D    R
processStatus 2 : R      R     R      R      R      R    R       R       R       R     R    R
""")
    | read_table("""
                  401 500 exit-75 no-user refused no-owner no-holder validity quota
user 1          : R   R   R       L       R       L        L         D        L
commands 1      : R   R   D       D       R       L        L         D        L
quotaGet 1      : R   R   D       D       R       L        L         D        L
user 2          : R   R   R       L       R       L        L         D        D
copy 1          : R   R   D       D       R       L        L         D        D
text 1          : R   R   R       R       R       L        L         D        D
mailboxStatus 1 : R   R   R       L       R       L        P         D        D
move 1          : R   D   D       D       R       P        P         D        D
processStatus 1 : R   R   R       R       R       P        P         D        D
fetch 1         : R   R   R       D       R       P        P         D        D
copy 2          : R   R   D       D       R       P        P         D        D
fetch 2         : R   R   R       D       R       D        P         D        D
expunge 1       : R   R   R       R       R       D        P         D        D
user 3          : R   R   R       D       R       D        P         D        D
purge 1         : R   R   R       R       R       D        D         D        D
commands 2      : R   R   D       D       R       D        D         D        D
processStatus 2 : R   R   R       R       R       D        D         D        D
""")
    | read_table("""
                 before after BYE NO BAD cut BYE-in NO-in garbage 8-bit long stalls refused
greeting 1     : R      R     R   -  -   -   -      -     R       D     R    R      R
LOGIN 1        : R      R     R   R  R   -   -      -     R       D     R    R      -
CAPABILITY 1   : R      R     R   R  R   -   -      -     R       D     R    R      -
NAMESPACE 1    : R      R     R   D  D   -   -      -     R       D     R    R      -
CREATE read 1  : R      R     R   R  R   -   -      -     R       D     R    R      -
EXAMINE read 1 : R      R     R   R  R   -   -      -     R       D     R    R      -
FETCH sizes 1  : R      R     R   R  R   -   -      -     R       D     R    R      -
FETCH bytes 1  : D      D     D   D  D   D   D      D     D       D     D    D      -
DELETE read 1  : D      D     D   D  D   -   -      -     D       D     D    D      -
LIST stage 1   : R      R     R   R  R   -   -      -     R       D     R    R      -
CREATE stage 1 : R      R     R   R  R   -   -      -     R       D     R    R      -
APPEND stage 1 : R      R     R   R  R   -   -      -     R       D     R    R      -
FETCH sizes 2  : R      R     R   R  R   -   -      -     R       D     R    R      -
LIST stage 3   : R      R     R   R  R   -   -      -     R       D     R    R      -
RENAME stage 1 : R      R     R   R  R   -   -      -     R       D     R    R      -
FETCH sizes 3  : R      R     R   R  R   -   -      -     R       D     R    R      -
CREATE read 2  : R      R     R   R  R   -   -      -     R       D     R    R      -
FETCH bytes 2  : D      D     D   D  D   D   D      D     D       D     D    D      -
FETCH note 1   : R      R     R   R  R   R   R      R     R       D     R    R      -
DELETE stage 1 : R      R     R   R  R   -   -      -     R       D     R    R      -
""")
)
