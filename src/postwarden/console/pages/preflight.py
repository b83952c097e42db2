"""Preflight: what a new alias map would change, for the person about to make the change."""

import os
import tempfile
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _

from postwarden.console.gate import DeskRequest, Page
from postwarden.console.speaking import told as spoken
from postwarden.ledger.service import Entry
from postwarden.people.service import Permission
from postwarden.rooms import present
from postwarden.vocabulary import PostwardenError

if TYPE_CHECKING:
    from django.core.files.uploadedfile import UploadedFile

_LARGEST = 10 << 20
_PASTED = 1 << 20
_SHOWN = 500


class Map(forms.Form):
    """A map about to be made live: a file, or its text."""

    table = forms.ChoiceField(label=_("Which table it takes the place of"))
    file = forms.FileField(
        label=_("The new map"), required=False, help_text=_("A file of at most 10 MB.")
    )
    text = forms.CharField(
        label=_("Or paste it"),
        required=False,
        max_length=_PASTED,
        strip=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false"}),
    )
    days = forms.IntegerField(
        label=_("Look at so many days of deliveries"), min_value=1, max_value=400, initial=14
    )

    def __init__(self, request: DeskRequest) -> None:
        posted = request.method == "POST"
        super().__init__(request.POST if posted else None, request.FILES if posted else None)
        from postwarden.maps import alias_tables  # noqa: PLC0415  # slow to load

        tables = alias_tables(request.rooms.configuration)
        table = cast("forms.ChoiceField", self.fields["table"])
        table.choices = [(one, os.path.basename(one)) for one in tables]

    def clean(self) -> dict[str, Any]:
        """Take one of the two."""
        told = super().clean() or self.cleaned_data
        file: UploadedFile[bytes] | None = told.get("file")
        if file is not None and (file.size or 0) > _LARGEST:
            raise forms.ValidationError(
                _("The map has more than 10 MB: use `postwarden preflight`.")
            )
        if bool(file) == bool(told.get("text", "").strip()):
            raise forms.ValidationError(_("Choose a file, or paste the map: one of both."))
        return told

    def content(self) -> bytes:
        """Give the map."""
        file: UploadedFile[bytes] | None = self.cleaned_data["file"]
        text: str = self.cleaned_data["text"]
        return text.replace("\r\n", "\n").encode() if file is None else file.read()


def preflight(request: DeskRequest) -> HttpResponse:
    """Take a map and show what it would change; nothing is made live, and the map is not kept."""
    form = Map(request)
    told: dict[str, object] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            told |= _foreseen(request, form)
        except PostwardenError as error:
            form.add_error(None, spoken(error))
    return render(request, "console/preflight.html", told)


def _foreseen(request: DeskRequest, form: Map) -> dict[str, object]:
    from postwarden.maps import preflight as foresee  # noqa: PLC0415  # slow to load

    rooms, told = request.rooms, form.cleaned_data
    detail = {"table": os.path.basename(told["table"]), "days": told["days"]}
    rooms.ledger.note([Entry("preflight.run", request.member.name, detail=detail)], present())
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, os.path.basename(told["table"]))
        with open(path, "wb") as file:
            file.write(form.content())
        whole = foresee(rooms.configuration, path, told["days"], None)
    there = request.member.organisations(Permission.PREFLIGHT_RUN)
    found = whole.seen(there, rooms.desk.organisation_of)
    return {
        "snapshot": found.snapshot,
        "changes": found.found[:_SHOWN],
        "more": max(len(found.found) - _SHOWN, 0),
        "addresses": len(found.found),
        "deliveries": sum(count for _change, count in found.found),
        "days": told["days"],
        "others": found.others,
    }


PAGES = (Page("preflight/", "preflight", preflight, (Permission.PREFLIGHT_RUN,)),)
