"""One's own tokens, by which programs act as oneself."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from postwarden.api.service import scopes
from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.console.speaking import told as spoken
from postwarden.people.service import (
    GRANTS,
    BadToken,
    Member,
    Permission,
    make_token,
    revoke_token,
    tokens,
)
from postwarden.rooms import present

_DAY = 24 * 3_600_000_000


class NewToken(forms.Form):
    """What a token is for, what it may, and how long."""

    label = forms.CharField(
        label=gettext_lazy("What it is for"),
        help_text=gettext_lazy("Such as: nightly figures."),
        max_length=64,
    )
    scope = forms.MultipleChoiceField(
        label=gettext_lazy("What it may"),
        help_text=gettext_lazy("As little as it needs; never more than you may yourself."),
        widget=forms.CheckboxSelectMultiple,
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days until it ends"), min_value=1, max_value=366, initial=90
    )


def own_tokens(request: DeskRequest) -> HttpResponse:
    """List one's tokens; make one, and show it on the answer alone."""
    form, given = _form(request, request.POST or None), ""
    if request.method == "POST" and form.is_valid() and (given := _made(request, form)):
        form = _form(request, None)
    rows = [(one, ", ".join(sorted(one.scope))) for one in tokens(request.member.name)]
    told = {"form": form, "given": given, "tokens": rows, "now": present()}
    return render(request, "console/tokens.html", told)


def _form(request: DeskRequest, told: QueryDict | None) -> NewToken:
    form = NewToken(told)
    scope = form.fields["scope"]
    assert isinstance(scope, forms.MultipleChoiceField)
    scope.choices = [(one.value, one.value) for one in _rights(request.member)]
    return form


def _made(request: DeskRequest, form: NewToken) -> str:
    """Make the token; give "" where it cannot be made, which the form then says."""
    told, now = form.cleaned_data, present()
    scope = [Permission(one) for one in told["scope"]]
    expires = now + told["days"] * _DAY
    try:
        return make_token(
            request.member.name, told["label"], scope, expires, request.rooms.record, now
        )
    except BadToken as error:
        form.add_error(None, spoken(error))
        return ""


def revoke(request: DeskRequest) -> HttpResponse:
    """Let one of one's tokens count no more."""
    label = request.POST.get("label", "")
    if request.method == "POST" and label:
        name = request.member.name
        revoke_token(name, label.replace("\0", ""), name, request.rooms.record, present())
        messages.success(request, _("The token counts no more."))
    return redirect("own-tokens")


def _rights(who: Member) -> list[Permission]:
    """Give what somebody may that programs can do."""
    return sorted(scopes() & {one for grant in who.grants for one in GRANTS[grant.role]})


PAGES = (
    Page("tokens/", "own-tokens", own_tokens, Opening.ANYBODY, sure=True),
    Page("tokens/revoke/", "own-tokens-revoke", revoke, Opening.ANYBODY),
)
