"""Who has seen a copy: pure, three-valued.

True needs a recorded act of the holder, or, where events were not recorded throughout, a flag that
acts leave. False is said only where recording ran without a gap since delivery; everything else is
None, not known. What operators and delivery agents do is nobody's reading.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from postwarden.sources.service import AccessRecord
from postwarden.verdicts.facts import Citation
from postwarden.vocabulary import Moment

READER_PROTOCOLS = frozenset({"imap", "pop3"})


@dataclass(frozen=True, slots=True)
class Seen:
    """One copy as its holder met it.

    Attributes:
        delivered_at: when it came; acts before then are not about it.
        places: (folder, uid) where it lay, as far as known; uid None where not known.
        message_id: as stored.
        flags: Maildir letters set by the holder; empty when the flags came with a restored file.
        keywords: IMAP keywords set by the holder.
        marked: it has flags or keywords of which it is not known who set them.
        folder: where it lies now; None when gone.
        arrived_in: the folder it was delivered to, where logged.
        touched: a session must have been there: it is no longer new, or has flags. Where no session
            is recorded, recording was not whole.
        session: the LMTP transaction that delivered it, where known.
    """

    delivered_at: Moment
    places: frozenset[tuple[str, int | None]]
    message_id: str | None
    flags: str = ""
    keywords: str = ""
    marked: bool = False
    folder: str | None = None
    arrived_in: str | None = None
    touched: bool = False
    session: str | None = None


@dataclass(frozen=True, slots=True)
class Recording:
    """Whether what would have been written since delivery was written without a gap.

    Attributes:
        events: exported events (openings and listings).
        log: Dovecot's log (sessions, copies, expunges).
    """

    events: bool
    log: bool


@dataclass(frozen=True, slots=True)
class Exposure:
    """What is known of who saw a copy; see the module for None."""

    opened: bool | None = None
    downloaded: bool | None = None
    answered: bool | None = None
    forwarded: bool | None = None
    copied: bool | None = None
    moved: bool | None = None
    listed: bool | None = None
    citations: tuple[Citation, ...] = ()


def exposure(seen: Seen, accesses: Iterable[AccessRecord], recording: Recording) -> Exposure:
    """Decide from the accesses of the holder's account and from whether recording was whole."""
    acts = [a for a in accesses if a.actor is None and _may_follow(a, seen)]
    places = _places(seen, acts)
    on_copy = _without_other_moves(
        [a for a in acts if _is_on(a, seen, places)], acts, seen.message_id
    )
    sessions = _Sessions.of(acts)
    if seen.touched and not sessions.any:
        recording = Recording(events=False, log=False)
    unplaced = {act.what for act in acts if _perhaps(act, seen, places)}
    whole = recording.events and not unplaced & {"opened", "downloaded"}
    recorded = whole or (recording.log and sessions.nothing_shown)
    downloaded = _any(on_copy, "downloaded") or _all_retrieved(acts, places)
    flagged = "S" in seen.flags and not recording.events
    shown = _any(on_copy, "opened") or flagged
    moves = _moves(on_copy)
    forwarded = (
        _any(on_copy, "redirected") or "P" in seen.flags or "$Forwarded" in seen.keywords.split()
    )
    kept = seen.folder is not None and recording.log and not seen.marked
    copied = [a for a in on_copy if a.what == "copied" and a not in moves]
    elsewhere = seen.arrived_in is not None and seen.folder not in (None, seen.arrived_in)
    return Exposure(
        opened=_three(shown or downloaded, recorded),
        downloaded=_three(downloaded, recorded),
        answered=_three("R" in seen.flags, kept),
        forwarded=_three(forwarded, kept),
        copied=_three(any(a.folder != seen.folder for a in copied), recording.log),
        moved=_three(bool(moves) or (elsewhere and not copied), recording.log),
        listed=_three(
            _any(on_copy, "listed"),
            (recording.events and "listed" not in unplaced) or (recording.log and not sessions.any),
        ),
        citations=tuple(Citation(a.file, a.line) for a in on_copy if a.what in _TELLING),
    )


_TELLING = frozenset({"opened", "downloaded", "copied", "listed", "redirected", "expunged"})
_Place = tuple[str, int | None]


_REDIRECT = 60_000_000
"""Microseconds that a redirect's line may stand before that of the same delivery's save: they are one act."""


def _may_follow(act: AccessRecord, seen: Seen) -> bool:
    spare = _REDIRECT if act.what == "redirected" else 0
    return act.time >= seen.delivered_at - spare


def _three(found: bool, excluded: bool) -> bool | None:
    return True if found else (False if excluded else None)


def _any(acts: Sequence[AccessRecord], what: str) -> bool:
    return any(act.what == what for act in acts)


def _places(seen: Seen, acts: Sequence[AccessRecord]) -> frozenset[_Place]:
    """Give every place the copy was in: where it is known to have lain, and where copies went."""
    moved = {
        (act.folder, act.uid)
        for act in acts
        if act.what in ("copied", "moved")
        and act.folder is not None
        and act.message_id is not None
        and act.message_id == seen.message_id
    }
    return seen.places | moved


def _is_on(act: AccessRecord, seen: Seen, places: frozenset[_Place]) -> bool:
    """Tell whether an act was on this copy; a redirect is of the delivery whose transaction it names."""
    if act.what == "redirected" and None not in (act.session, seen.session):
        return act.session == seen.session
    return _concerns(act, seen.message_id, places)


def _concerns(act: AccessRecord, message_id: str | None, places: frozenset[_Place]) -> bool:
    """Tell whether an act was on this copy: by folder and uid where both are known, else by id."""
    if act.what != "copied" and act.uid is not None:
        uids = {uid for place, uid in places if place == act.folder and uid is not None}
        if uids:
            return act.uid in uids
    if act.message_id is not None and message_id is not None:
        return act.message_id == message_id
    if act.what == "listed" and act.uid is None and act.message_id is None:
        return any(place == act.folder for place, _ in places)
    return False


def _without_other_moves(
    on_copy: Sequence[AccessRecord], acts: Sequence[AccessRecord], message_id: str | None
) -> list[AccessRecord]:
    """Leave out where another copy of the message was moved: its source was expunged, not this one."""
    gone = {(a.session, a.folder) for a in on_copy if a.what == "expunged"}
    others = {
        (a.session, a.folder)
        for a in acts
        if a.what == "expunged" and message_id is not None and a.message_id == message_id
    }
    return [
        a
        for a in on_copy
        if a.what != "copied" or (a.session, a.source_folder) not in others - gone
    ]


def _perhaps(act: AccessRecord, seen: Seen, places: frozenset[_Place]) -> bool:
    """Tell whether an act may have been on this copy: nothing says under which UID it lay there.

    What lies in INBOX and was not logged elsewhere is taken to have come there.
    """
    if act.folder is None or act.message_id is not None:
        return False
    here = [uid for place, uid in places if place == act.folder]
    if here:
        return all(uid is None for uid in here)
    return seen.arrived_in is None and seen.folder != "INBOX"


def _moves(on_copy: Sequence[AccessRecord]) -> list[AccessRecord]:
    """Find the copies that are moves: Dovecot logs MOVE as a copy and an expunge of its source."""
    expunged = {(act.session, act.folder) for act in on_copy if act.what == "expunged"}
    return [
        act
        for act in on_copy
        if act.what == "moved"
        or (act.what == "copied" and (act.session, act.source_folder) in expunged)
    ]


def _all_retrieved(acts: Sequence[AccessRecord], places: frozenset[_Place]) -> bool:
    """A POP3 session that retrieved every message of the inbox retrieved this one, if it was there."""
    if not any(place == "INBOX" for place, _ in places):
        return False
    began = {act.session: act.time for act in acts if act.what == "login"}
    return any(
        act.what == "logout"
        and act.protocol == "pop3"
        and act.session in began
        and bool(act.messages)
        and act.bodies == act.messages
        for act in acts
    )


@dataclass(frozen=True, slots=True)
class _Sessions:
    any: bool
    nothing_shown: bool

    @classmethod
    def of(cls, acts: Sequence[AccessRecord]) -> "_Sessions":
        """Look at every session of a reader: did one end that had shown a body, or not end at all?"""
        began = {a.session for a in acts if a.what == "login" and a.protocol in READER_PROTOCOLS}
        ended = {a.session: a for a in acts if a.what == "logout"}
        quiet = all(session in ended for session in began) and all(
            end.bodies == 0 for end in ended.values() if end.protocol in READER_PROTOCOLS
        )
        return cls(any=bool(began or ended), nothing_shown=quiet)
