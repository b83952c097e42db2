"""A session that somebody else got hold of makes itself no means to stay."""

from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib.auth import get_user_model
from fido2 import cbor
from fido2.cose import ES256

from people.conftest import NOW, KeyFile, Records
from postwarden.console import signing
from postwarden.people.models import Identity
from postwarden.people.service import (
    challenge,
    enrol,
    fingerprint,
    member,
    members,
    tokens,
    written_passkey,
)

TOKEN = {"label": "nightly", "scope": ["cases:case:read"], "days": "365"}
ZOE = {"name": "zoe", "full_name": "Zoe", "role": "helpdesk", "organisation": ""}


@pytest.mark.parametrize(
    ("address", "told"),
    [("/tokens/", TOKEN), ("/settings/", ZOE), ("/keys/", {"public": "x", "signature": "y"}),
     ("/settings/people/anna/", {"do": "invite"}),
     ("/settings/people/officer-all/", {"do": "invite"}),
     ("/settings/people/officer-all/", {"do": "retire"})],
)  # fmt: skip
def test_who_did_not_show_lately_that_it_is_they_is_asked_first(desk, address, told):
    before = members()
    borrowed = desk.browser("anna", sure=False)
    answer = borrowed.post(address, told)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/account/reauthenticate/?next=/")
    assert (tokens("anna"), members()) == ([], before)
    assert borrowed.get(address).status_code == 200


def test_with_the_password_it_goes_on_where_it_was(desk):
    user = get_user_model().objects.get_by_natural_key("anna")
    user.set_password("correct horse battery")
    user.save()
    browser = desk.browser("anna", sure=False)
    asked = browser.post("/tokens/", TOKEN)["Location"]
    assert "Nothing was changed yet" in browser.get(asked).content.decode()
    assert browser.post(asked, {"password": "wrong"}).status_code == 200
    assert browser.post("/tokens/", TOKEN).status_code == 302
    back = browser.post(asked, {"password": "correct horse battery"})
    assert (back.status_code, back["Location"]) == (302, "/tokens/")
    assert b"pwt_" in browser.post("/tokens/", TOKEN).content


def test_only_a_passkey_that_lets_one_in_is_enrolled_in_the_browser(desk, tmp_path):
    key = KeyFile(tmp_path)
    told = {"public": key.public, "signature": key.sign(challenge("anna", key.public))}
    answer = desk.browser("anna").post("/keys/", told)
    assert "none of the passkeys" in answer.content.decode()
    assert member("anna").keys == ()


def test_a_key_of_ones_own_is_revoked_there(desk, tmp_path):
    key = KeyFile(tmp_path)
    signed = key.sign(challenge("anna", key.public))
    mark = enrol("anna", key.public, signed, "anna", Records(), NOW).fingerprint
    browser = desk.browser("anna", sure=False)
    assert mark in browser.get("/keys/").content.decode()
    other = desk.browser("officer-all").post("/keys/revoke/", {"key": mark})
    assert (other.status_code, member("anna").keys[0].revoked_at) == (409, None)
    assert browser.post("/keys/revoke/", {"key": mark}).status_code == 302
    assert member("anna").keys[0].revoked_at
    assert b"/keys/revoke/" not in browser.get("/keys/").content
    assert browser.post("/keys/revoke/", {"key": mark}).status_code == 409


def test_the_key_of_a_passkey_that_was_removed_is_revoked(desk, monkeypatch):
    user = get_user_model().objects.get_by_natural_key("anna")
    told = (b"credential", cbor.encode(dict(ES256.from_cryptography_key(_half()))))
    public = written_passkey("desk.example", *told)
    row = Identity.objects.get(name="anna").keys.create(
        public=public, fingerprint=fingerprint(public), enrolled_at=NOW
    )
    browser = desk.browser("anna")
    passkey = Authenticator.objects.create(
        user=user, type=Authenticator.Type.WEBAUTHN, data={"name": "mine"}
    )
    monkeypatch.setattr(
        signing, "_credential", lambda one: told if one.type == passkey.type else None
    )
    monkeypatch.setattr(Authenticator, "wrap", lambda _: SimpleNamespace(name="mine"))
    browser.post(f"/account/factors/webauthn/keys/{passkey.pk}/remove/")
    assert not Authenticator.objects.filter(pk=passkey.pk).exists()
    row.refresh_from_db()
    assert row.revoked_at


def _half():
    return ec.generate_private_key(ec.SECP256R1()).public_key()
