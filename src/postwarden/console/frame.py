"""What stands around every page: where one may go, and who one is."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from postwarden.console.signing import has_second_factor
from postwarden.console.zones import zone_of
from postwarden.people.service import Member, Permission, member


class Place(NamedTuple):
    """An entry of the rail.

    Attributes:
        name: of the page it leads to; pages below it begin so.
        words: on the rail.
        icon: of the sprite.
        key: that goes there, after `g`.
        needs: whoever lacks all of these does not see it.
    """

    name: str
    words: Promise
    icon: str
    key: str
    needs: tuple[Permission, ...]


RAIL = (
    Place("today", _("Today"), "today", "t", ()),
    Place("cases", _("Cases"), "case", "c", (Permission.CASE_READ,)),
    Place("accounts", _("Accounts"), "account", "a", (Permission.CASE_READ,)),
    Place("helpdesk", _("Helpdesk"), "helpdesk", "h", (Permission.HELPDESK_ASK,)),
    Place("preflight", _("Preflight"), "preflight", "p", (Permission.PREFLIGHT_RUN,)),
    Place("evidence", _("Evidence"), "evidence", "e", (Permission.EVIDENCE_READ,)),
    Place("ledger", _("Ledger"), "ledger", "l", (Permission.LEDGER_READ,)),
    Place("settings", _("Settings"), "settings", "s", (Permission.PERSON_MANAGE,)),
)


def frame(request: HttpRequest) -> Mapping[str, Any]:
    """Give what the frame is made from; little where nobody is signed in."""
    who = _who(request)
    match = request.resolver_match
    here = "" if match is None else str(match.url_name)
    rail = [] if who is None else [one for one in RAIL if may_see(who, one)]
    return {
        "who": who,
        "rail": rail,
        "here": next((one for one in rail if here.startswith(one.name)), None),
        "zone": zone_of(request),
        "identity_provider": request.rooms.configuration.identity_provider,  # type: ignore[attr-defined]  # likewise
    }


def _who(request: HttpRequest) -> Member | None:
    """Give who is signed in; on pages of allauth, too, which set no member."""
    known: Member | None = getattr(request, "member", None)
    user = getattr(request, "user", None)
    if known is not None or user is None or not user.is_authenticated:
        return known
    return member(user.get_username()) if has_second_factor(request) else None


def may_see(who: Member, place: Place) -> bool:
    """Tell whether somebody sees an entry of the rail."""
    if not place.needs:
        return True
    found = [who.organisations(one) for one in place.needs]
    return any(there is None or there for there in found)
