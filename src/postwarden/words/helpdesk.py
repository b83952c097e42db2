"""What the helpdesk may say to who calls: nothing but this, and never of anybody else."""

from collections.abc import Iterator, Mapping

from postwarden.cases.service import Concern, Kind, State

NOTHING = (
    "We know of nothing that concerns you. If you have mail that is not yours, please tell us: we take"
    " it down now."
)
ALWAYS = (
    "We do not read your mail. We never ask for your password, and send no link to give it to.",
    "Please leave mail that is not yours where it is, and do not answer or forward it.",
)
_KINDS: Mapping[Kind, str] = {
    Kind.MISDELIVERY: "Some mail was put into wrong mailboxes. We are putting that right.",
    Kind.OUTAGE: "Mailboxes cannot be reached as usual. Mail that comes is kept.",
    Kind.MISDISPATCH: "Mail went out that should not have been sent. You need not do anything with it.",
    Kind.IMPERSONATION: "Somebody sends mail in a name that is not theirs. Please follow no link in it.",
}
_STATES: Mapping[State, str] = {
    State.SUSPECTED: "Your account may be concerned; nobody knows yet. We are finding out.",
    State.HELD: "Your account is blocked to be safe. Mail keeps arriving, and nothing is lost."
    " You can log in again as soon as it was examined.",
    State.EXAMINED: "Your account was examined. What it means is being decided.",
    State.CLEARED: "Your account was examined, and everything in it is right. It is opened again soon.",
    State.TO_REPAIR: "Mail that is not yours was found in your account. It is brought to whom it was"
    " meant for; then your account is opened again.",
    State.REPAIRED: "Mail that was not yours was brought to whom it was meant for. Your own mail was"
    " not touched.",
    State.RELEASED: "Your account is open again, as before.",
    State.EXCLUDED: "Your account was looked at, and is not concerned.",
}


def may_say(concern: Concern) -> Iterator[str]:
    """Give what may be said of one case, a sentence each."""
    yield _KINDS[concern.kind]
    if concern.state is not None:
        yield _STATES[concern.state]
    astray = concern.astray
    if astray.mails:
        yield (
            f"{_mails(astray.mails)} for you lay in {_another(astray.mails)}."
            " Whether somebody saw them we tell you in writing."
        )
    if concern.returned:
        yield f"{_mails(concern.returned)} {_was(concern.returned)} brought to you since, unread."
    elif astray.left:
        yield "We bring them to you. You need not ask the sender to send them again."
    if concern.closed:
        yield "This is finished on our side."


def _mails(count: int) -> str:
    return "One mail" if count == 1 else f"{count:,} mails"


def _was(count: int) -> str:
    return "was" if count == 1 else "were"


def _another(count: int) -> str:
    return "another mailbox" if count == 1 else "other mailboxes"
