"""English sentences for message codes: the reasons of verdicts, and the codes of the summary.

Short and exact, for a postmaster. A test walks the codes that the rules produce and fails when one
has no sentence here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from postwarden.verdicts.service import Reason
from postwarden.vocabulary import Said, said

REASONS: Mapping[str, Said] = MappingProxyType(
    {
        "delivered-storage-id": said("Dovecot logged that it saved this very file for {account}."),
        "delivered-session": (
            said("The LMTP session named in the copy is logged as delivered to {account}.")
        ),
        "delivered-process": (
            said(
                "The file name carries the process and the second of a delivery logged for {account}."
            )
        ),
        "delivered-queue": (
            said("The queue file named in the copy is logged as delivered to {account}.")
        ),
        "delivered-header": (
            said(
                "No log line names this copy; the headers of the provider's own hosts say that it was"
                " delivered to {account}."
            )
        ),
        "placed-by-holder": said("{actor} put it there in a session of their own."),
        "relocated": said(
            "An approved repair put it into this mailbox, for it was meant for {account}."
        ),
        "kept": said(
            "An approved repair left it here as {account}'s own, for the message was meant for them, too."
        ),
        "duplicate": said("The server stored it twice for {account}; copy {copy} stays."),
        "left-out": said(
            "The directory leads {address} to {accounts}, too; no delivery to them is logged."
        ),
        "placed-by-operator": said("The operator's login {actor} put it there."),
        "placed-by-other-user": said("Another login, {actor}, put it there."),
        "sent-on-sieve": said("A Sieve rule of {account} sent it on."),
        "sent-on-forward": said("{account} forwards its mail, and so sent it on."),
        "sent-on-unrecorded": said("{account} sent it on; no log says how."),
        "content-message-id": (
            said(
                "The envelope belongs to message {own}, but the stored Message-ID is that of another"
                " message, {other}."
            )
        ),
        "content-dkim": (
            said(
                "The body does not fit the signature of message {own}; it is the body that message"
                " {other} signed."
            )
        ),
        "content-body": (
            said(
                "The body does not fit the signature of message {own}; it is the body of message"
                " {other}, found whole in another mailbox."
            )
        ),
        "content-copies": (
            said(
                "The logged size fits another copy of message {own}, not this one; this body is that of"
                " message {other}, found whole elsewhere."
            )
        ),
        "content-size": (
            said(
                "What this copy measures too much or too little, message {other} of the same time lacks or"
                " has: their bodies changed places."
            )
        ),
        "directory-leads-to-holder": said("The directory leads {address} to {account}."),
        "directory-leads-elsewhere": (
            said("The directory leads {address} to {accounts}, not to {holder}.")
        ),
        "directory-knows-nobody": (
            said("The directory knows no account for {address}; nothing leads it to {holder}.")
        ),
        "submitted-by-holder": said("The holder sent this message and kept a copy."),
        "wrong-home": (
            said(
                "This file was delivered to {account}, but now lies in the home of another account."
            )
        ),
        "recipients-missing": (
            said(
                "The logs do not name all recipients of this message; one of those may be the holder."
            )
        ),
        "delivered-once": (
            said(
                "A delivery of this message to {account} is proved, but of another copy, or of one of"
                " several that lie here: which one it was is not known."
            )
        ),
        "delivered-elsewhere": (
            said("A delivery of this message to {account} is proved, but none to this mailbox.")
        ),
        "gap": said("{source} was silent when this copy came; the missing line proves nothing."),
        "no-delivery-proof": said("Nothing proves that this provider delivered this copy here."),
        "no-original-recipient": said("No source says for whom this message was accepted."),
        "no-directory": said(
            "No directory is configured for the time when {address} was accepted."
        ),
        "foreign-recipient": said("{address} is not an address of this provider."),
        "list-manager": (
            said(
                "{address} goes to a list manager or a command; the directory does not know to whom"
                " that sends."
            )
        ),
    }
)
"""Message code of a reason to its sentence; the names are those of `Reason.values`."""

SOURCES: Mapping[str, Said] = MappingProxyType(
    {
        "postfix": said("The Postfix log"),
        "dovecot": said("The Dovecot log"),
        "dovecot-events": said("The exported Dovecot events"),
    }
)

UNEXPLAINED: Mapping[str, str] = MappingProxyType(
    {
        "gap": "came while a log was silent",
        "no-directory": "accepted at a time for which no directory is configured",
        "foreign-recipient": "accepted for an address of another provider",
        "list-manager": "sent by a list manager or a command",
        "no-original-recipient": "delivered, but no source says for whom it was accepted",
        "recipients-missing": "the logs do not name all recipients",
        "placed-by-other-user": "put there by another login",
        "placed-by-operator": "put there by an operator; where it came from is not proved",
        "delivered-once": "one of several files of a delivery; not known which",
        "delivered-elsewhere": "delivery is proved for another mailbox only",
        "no-delivery-proof": "nothing proves that this provider delivered it there",
    }
)
"""Reason code of unexplained copies to the words after their count."""

CANNOT_KNOW: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "opened": ("wrong copy", "not known whether opened; no record covers the time since"),
        "listed": ("wrong copy", "not known whether sender and subject were listed"),
        "left": ("wrong copy", "not known whether downloaded, forwarded or copied"),
        "owner": ("misdelivered copy", "not known whose; the directory knows nobody"),
        "owner-copy": ("wrong copy", "not known whether the owners hold their own"),
        "time": ("wrong copy", "not known when delivered"),
        "unexplained": ("copy", "no proof of the way there, and so no accusation"),
        "gaps": ("gap in the logs", "a missing line proves nothing there"),
        "no-log-postfix": (
            "missing log",
            "no Postfix log was read; whom a message was accepted for is known from headers only",
        ),
        "no-log-dovecot": ("missing log", "no Dovecot log was read; sessions are not known"),
        "no-log-dovecot-events": (
            "missing log",
            "no exported Dovecot events were read; what an IMAP session opened is not known",
        ),
        "problems": ("problem in the sources", "skipped and counted, nothing concluded from them"),
    }
)
"""Code of what cannot be known to what is counted, and what is not known of each."""

ACTS: Mapping[str, str] = MappingProxyType(
    {
        "hold-and-examine": "Hold and examine",
        "follow": "Follow copies",
        "tell": "Tell",
        "deliver": "Deliver",
        "check": "Check",
        "nothing": "Nothing to do",
    }
)
"""What to do next about an account."""

ACTS_EXPLAINED: Mapping[str, str] = MappingProxyType(
    {
        "hold-and-examine": (
            "block logins while mail keeps arriving, and see what its holder did with the copies"
        ),
        "follow": "copies were downloaded, answered, forwarded or copied: ask the holder where to",
        "tell": "tell this person what happened to this mail",
        "deliver": "give this account its own copy; it has none",
        "check": "several accounts own the message and not all have it: see whether this one has",
        "nothing": "it has its own copies, and nobody saw the others",
    }
)
"""What each act means."""

GAPS: Mapping[str, Said] = MappingProxyType(
    {
        "rotation": said("a rotated file is missing"),
        "rate-limited": said("lines were dropped by a rate limit"),
        "silence": said("no line where there should be some"),
        "restart": said("the server restarted"),
        "absence": said("another log proves lines that are missing here"),
    }
)
"""Why a gap is taken for one."""


class _Values(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return "?"


def sentence(reason: Reason) -> str:
    """Give the reason as a sentence; a code without one is named, so that nothing is hidden."""
    template = REASONS.get(reason.code)
    if template is None:
        return said("Reason {code}.", code=reason.code)
    values = _Values(reason.values)
    if "source" in values:
        values["source"] = SOURCES.get(values["source"], values["source"])
    return template.about_all(values)


def words(table: Mapping[str, str], code: str) -> str:
    """Look a code up; one without words is shown as it is."""
    return table.get(code, code.replace("-", " "))
