"""What the helpdesk may say to who calls: nothing but this, and never of anybody else."""

from collections.abc import Iterator, Mapping

from postwarden.cases.service import Concern, Kind, State
from postwarden.vocabulary import Said, counted, said

NOTHING = said(
    "We know of nothing that concerns you. If you have mail that is not yours, please tell us: we take"
    " it down now."
)
ALWAYS = (
    said(
        "We do not read your mail. We never ask for your password, and send no link to give it to."
    ),
    said("Please leave mail that is not yours where it is, and do not answer or forward it."),
)
_KINDS: Mapping[Kind, Said] = {
    Kind.MISDELIVERY: said("Some mail was put into wrong mailboxes. We are putting that right."),
    Kind.OUTAGE: said("Mailboxes cannot be reached as usual. Mail that comes is kept."),
    Kind.MISDISPATCH: said(
        "Mail went out that should not have been sent. You need not do anything with it."
    ),
    Kind.IMPERSONATION: said(
        "Somebody sends mail in a name that is not theirs. Please follow no link in it."
    ),
}
_STATES: Mapping[State, Said] = {
    State.SUSPECTED: said("Your account may be concerned; nobody knows yet. We are finding out."),
    State.HELD: said(
        "Your account is blocked to be safe. Mail keeps arriving, and nothing is lost."
        " You can log in again as soon as it was examined."
    ),
    State.EXAMINED: said("Your account was examined. What it means is being decided."),
    State.CLEARED: said(
        "Your account was examined, and everything in it is right. It is opened again soon."
    ),
    State.TO_REPAIR: said(
        "Mail that is not yours was found in your account. It is brought to whom it was"
        " meant for; then your account is opened again."
    ),
    State.REPAIRED: said(
        "Mail that was not yours was brought to whom it was meant for. Your own mail was"
        " not touched."
    ),
    State.RELEASED: said("Your account is open again, as before."),
    State.EXCLUDED: said("Your account was looked at, and is not concerned."),
}


def may_say(concern: Concern) -> Iterator[str]:
    """Give what may be said of one case, a sentence each."""
    yield _KINDS[concern.kind]
    if concern.state is not None:
        yield _STATES[concern.state]
    astray = concern.astray
    if astray.mails:
        yield counted(
            "One mail for you lay in another mailbox. Whether somebody saw it we tell you in writing.",
            "{n:,} mails for you lay in other mailboxes. Whether somebody saw them we tell you in"
            " writing.",
            astray.mails,
        )
    if concern.returned:
        yield counted(
            "One mail was brought to you since, unread.",
            "{n:,} mails were brought to you since, unread.",
            concern.returned,
        )
    elif astray.left:
        yield said("We bring them to you. You need not ask the sender to send them again.")
    if concern.closed:
        yield said("This is finished on our side.")
