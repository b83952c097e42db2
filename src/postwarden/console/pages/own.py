"""What is one's own: the keys that sign one's approvals."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.console.keys import Signing
from postwarden.console.signing import passkeys
from postwarden.people.service import BadKey, challenge, enrol, written_passkey
from postwarden.rooms import present


class Enrolment(forms.Form):
    """A passkey's proof that its holder is there, as the browser sends it."""

    public = forms.CharField(max_length=4_000)
    signature = forms.CharField(max_length=10_000)


def keys(request: DeskRequest) -> HttpResponse:
    """List one's keys; let a passkey that signs one in sign approvals, too."""
    who = request.member
    form = Enrolment(request.POST or None)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            enrol(
                who.name,
                told["public"],
                told["signature"],
                who.name,
                request.rooms.record,
                present(),
            )
        except BadKey as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("From now on this passkey signs your approvals."))
            return redirect("own-keys")
    return render(request, "console/keys.html", {"form": form, "offers": _offers(request)})


def _offers(request: DeskRequest) -> list[tuple[str, str, Signing]]:
    """Give the passkeys that could be enrolled: name, public half, and what each has to sign."""
    known = {key.public for key in request.member.keys}
    site = request.get_host().partition(":")[0]
    found = []
    for name, credential, cose in passkeys(request.user):
        public = written_passkey(site, credential, cose)
        if public not in known:
            words = challenge(request.member.name, public)
            found.append((name, public, Signing.by(words, credential)))
    return found


PAGES = (Page("keys/", "own-keys", keys, Opening.ANYBODY),)
