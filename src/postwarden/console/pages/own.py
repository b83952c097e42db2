"""What is one's own: the keys that sign one's approvals."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from postwarden.console.gate import DeskRequest, Opening, Page
from postwarden.console.keys import Signing
from postwarden.console.signing import passkeys
from postwarden.console.speaking import told as spoken
from postwarden.people.service import BadKey, challenge, enrol, revoke_key, written_passkey
from postwarden.rooms import present


class Enrolment(forms.Form):
    """A passkey's proof that its holder is there, as the browser sends it."""

    public = forms.CharField(max_length=4_000)
    signature = forms.CharField(max_length=10_000)


Offers = list[tuple[str, str, Signing]]


def keys(request: DeskRequest) -> HttpResponse:
    """List one's keys; let a passkey that signs one in sign approvals, too."""
    offers, form = _offers(request), Enrolment(request.POST or None)
    if request.method == "POST" and form.is_valid() and _enrolled(request, form, offers):
        messages.success(request, _("From now on this passkey signs your approvals."))
        return redirect("own-keys")
    return render(request, "console/keys.html", {"form": form, "offers": offers})


def _enrolled(request: DeskRequest, form: Enrolment, offers: Offers) -> bool:
    """Enrol what was offered, and nothing else; False where that cannot be, which the form then says."""
    told, name = form.cleaned_data, request.member.name
    if told["public"] not in {public for _name, public, _asked in offers}:
        form.add_error(None, _("This is none of the passkeys that let you in."))
        return False
    try:
        enrol(name, told["public"], told["signature"], name, request.rooms.record, present())
    except BadKey as error:
        form.add_error(None, spoken(error))
        return False
    return True


def revoke(request: DeskRequest) -> HttpResponse:
    """Let one of one's keys count no more."""
    mark = request.POST.get("key", "").replace("\0", "")
    if request.method == "POST" and mark:
        name = request.member.name
        revoke_key(name, mark, name, request.rooms.record, present())
        messages.success(request, _("The key signs nothing any more."))
    return redirect("own-keys")


def _offers(request: DeskRequest) -> Offers:
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


PAGES = (
    Page("keys/", "own-keys", keys, Opening.ANYBODY, sure=True),
    Page("keys/revoke/", "own-keys-revoke", revoke, Opening.ANYBODY),
)
