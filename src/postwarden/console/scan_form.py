"""A snapshot that somebody asks for: of whom, since when, why, and for how long it is kept."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from postwarden.console.forms import DeskForm, LinesField, MomentField
from postwarden.console.gate import DeskRequest
from postwarden.errands.service import Errand, ScanWish
from postwarden.rooms import present
from postwarden.vocabulary import normal

_LINE = 500
_MOST_DAYS = 3_650


class Scanning(DeskForm):
    """See the module."""

    purpose = forms.CharField(label=_("What for"), max_length=_LINE)
    whom = LinesField(
        label=_("Of whom"),
        required=False,
        help_text=_("Empty: of everybody. Else an account or a whole domain a line."),
    )
    since = MomentField(
        label=_("Only what came since"), required=False, help_text=_("Empty: all there is.")
    )
    days = forms.IntegerField(
        label=_("Removed after so many days"), min_value=1, max_value=_MOST_DAYS
    )

    def __init__(self, request: DeskRequest) -> None:
        usual = request.rooms.configuration.evidence
        super().__init__(request, initial={"purpose": usual.purpose, "days": usual.expiry_days})

    def clean_whom(self) -> dict[str, tuple[str, ...]]:
        """Tell accounts and domains apart."""
        accounts, domains = set(), set()
        for line in self.cleaned_data["whom"]:
            local, _at, domain = line.rpartition("@")
            if not domain or any(one.isspace() for one in line):
                raise ValidationError(
                    _("%(line)s: is no account and no domain."), params={"line": line}
                )
            if local:
                accounts.add(normal(line))
            else:
                domains.add(normal(f"x@{domain}").removeprefix("x@"))
        return {"accounts": tuple(sorted(accounts)), "domains": tuple(sorted(domains))}

    def ask(self) -> Errand:
        """Ask for the snapshot; raises as the room does."""
        given: dict[str, Any] = self.cleaned_data
        wish = ScanWish(given["purpose"], given["days"], **given["whom"], since=given["since"])
        return self.request.rooms.errands.ask(wish, self.request.member, present())
