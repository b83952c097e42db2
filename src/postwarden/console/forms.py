"""Forms of acts: what people fill in, and what the rooms say to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from postwarden.console.gate import DeskRequest
from postwarden.console.speaking import told as spoken
from postwarden.console.zones import at, zone_of
from postwarden.people.service import NotAllowed
from postwarden.vocabulary import Moment, PostwardenError, moment_of
from postwarden.words.plans import not_possible

_LINE = 500
_TEXT = 10_000


class MomentField(forms.CharField):
    """A time in the reader's zone, as browsers send it; of two that are written alike, the first."""

    zone: ZoneInfo

    def __init__(self, **named: Any) -> None:  # noqa: ANN401  # Django's own
        told = {"type": "datetime-local", "step": "1"}
        super().__init__(widget=forms.TextInput(attrs=told), max_length=40, **named)

    def prepare_value(self, value: object) -> object:
        """Write a moment as the widget has it; what somebody wrote stays as it is."""
        return f"{at(value, self.zone):%Y-%m-%dT%H:%M:%S}" if isinstance(value, int) else value

    def clean(self, value: object) -> Moment | None:
        """Read it.

        Raises:
            ValidationError: it is no time, or one that clocks left out.
        """
        written = super().clean(value)
        if not written:
            return None
        try:
            local = datetime.fromisoformat(written).replace(tzinfo=self.zone)
            there = local.astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValidationError(_("Write it as 2026-03-17 02:14.")) from None
        if there.astimezone(self.zone).replace(tzinfo=None) != local.replace(tzinfo=None):
            raise ValidationError(_("There is no such time: clocks went forward over it."))
        return moment_of(there)

    def has_changed(self, initial: object, data: object) -> bool:
        """Tell whether it says something else than before; seconds that are nought may be left out."""
        before, after = str(self.prepare_value(initial) or ""), str(data or "")
        return before.removesuffix(":00") != after.removesuffix(":00")


class LongSelect(forms.Select):
    """One of hundreds, written in one go: Django renders a template for each."""

    def render(
        self,
        name: str,
        value: object,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,  # noqa: ARG002  # Django's signature
    ) -> SafeString:
        """Write it as the base class does."""
        chosen, selected = self.format_value(value), SafeString(" selected")
        options = format_html_join(
            "",
            '<option value="{}"{}>{}</option>',
            ((one, selected if one in chosen else "", label) for one, label in self.choices),
        )
        named = self.build_attrs(self.attrs, {**(attrs or {}), "name": name})
        return format_html("<select{}>{}</select>", flatatt(named), options)


class LinesField(forms.CharField):
    """Some words a line; empty lines are none."""

    def __init__(self, *, rows: int = 3, **named: Any) -> None:  # noqa: ANN401  # Django's own
        super().__init__(
            widget=forms.Textarea(attrs={"rows": rows, "spellcheck": "false"}), **named
        )

    def clean(self, value: object) -> tuple[str, ...]:
        """Give the lines."""
        lines = (line.strip() for line in super().clean(value).splitlines())
        return tuple(line for line in lines if line)


def text_field(**named: Any) -> forms.CharField:  # noqa: ANN401  # Django's own
    """Give a field for some sentences."""
    return forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), max_length=_TEXT, **named)


def sentence_field(**named: Any) -> forms.CharField:  # noqa: ANN401  # Django's own
    """Give a field for a line, which may stay empty."""
    return forms.CharField(required=False, max_length=_LINE, **named)


class DeskForm(forms.Form):
    """A form of an act: bound where it was sent.

    Attributes:
        mark: the field that tells so, where its page is reached by sending another form.
    """

    mark = ""

    def __init__(self, request: DeskRequest, **named: Any) -> None:  # noqa: ANN401  # Django's own
        super().__init__(request.POST if _is_sent(request, self.mark) else None, **named)
        self.request = request
        for field in self.fields.values():
            if isinstance(field, MomentField):
                field.zone = zone_of(request)

    @property
    def sent(self) -> bool:
        """It was sent, and can be read."""
        return self.is_bound and self.is_valid()

    @contextmanager
    def refusals(self) -> Iterator[None]:
        """Let the form say why something was refused in the block; a missing right ends the request."""
        try:
            with not_possible():
                yield
        except NotAllowed:
            raise
        except PostwardenError as error:
            self.add_error(None, spoken(error))

    @property
    def status(self) -> int:
        """Give the status of a page that shows the form."""
        return 422 if self.is_bound and self.errors else 200


def _is_sent(request: DeskRequest, mark: str) -> bool:
    return request.method == "POST" and (not mark or mark in request.POST)
