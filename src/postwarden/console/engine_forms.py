"""Acts of a case that ask its evidence; each takes an engine's memory, so a process does one at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from postwarden.console.case_forms import InCase
from postwarden.console.forms import sentence_field
from postwarden.vocabulary import Moment, PostwardenError

_ASKING = threading.Lock()


class Examining(InCase):
    """An examination of the newest snapshot, whose findings the case has from then on."""

    title = _("Examine the case")
    means = _(
        "All mail in the newest snapshot that came while it occurred is judged. Accounts that hold"
        " others' mail become suspected; those looked at and found clean can be released."
    )
    button = _("Examine the newest snapshot")
    said = _("Examined. What was found stands here, each with its reasons.")
    tab = "cases-findings"

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:  # noqa: ARG002  # it asks for nothing
        """See the base class."""
        from postwarden.examining import examine  # noqa: PLC0415  # loads the engine

        rooms, who = self.request.rooms, self.request.member
        with one_at_a_time():
            kept = examine(rooms.configuration, rooms.desk, who, reference, now)
        if not kept.dated:
            self.said = _(
                "Examined. Nobody is cleared while the case does not say when it began and ended."
            )


class Repairing(InCase):
    """A repair of the case, planned from the newest snapshot; nothing is done until it was approved."""

    title = _("Plan a repair")
    means = _(
        "The newest snapshot is examined, and a plan is frozen: what would go where, copy by copy."
        " Nothing is done before somebody else approves it."
    )
    button = _("Examine and plan the repair")
    said = _("Planned. It waits for somebody else's approval; nothing was done yet.")
    tab = "cases-plans"
    why = sentence_field(label=_("Why"))
    answered = forms.BooleanField(
        label=_("Take copies away, too, that their holder has answered"), required=False
    )
    tidy = forms.BooleanField(
        label=_("Deliver without what the trace says of the wrong mailbox"), required=False
    )

    def do(self, reference: str, given: dict[str, Any], now: Moment) -> None:  # noqa: ARG002  # the plan has its own
        """See the base class."""
        from postwarden.drafting import Asked, drafted  # noqa: PLC0415  # loads the engine

        rooms, who = self.request.rooms, self.request.member
        wanted = Asked(reference, clean=given["tidy"], answered=given["answered"])
        with one_at_a_time():
            repairs, counted = drafted(rooms.configuration, rooms.repairs, who, wanted)
            rooms.repairs.plan(reference, given["why"], repairs, counted, who)


class AskedAlready(PostwardenError):
    """Somebody else asks the evidence by this process; each takes an engine's memory."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Do what loads an engine while nobody else does in this process; raise `AskedAlready`."""
    if not _ASKING.acquire(blocking=False):
        raise AskedAlready(
            _now(
                "Somebody else examines a case or plans a repair just now. Nothing was done here; try again soon."
            )
        )
    try:
        yield
    finally:
        _ASKING.release()
