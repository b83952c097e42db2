"""Signing in by a provider of identities: a real one, that answers well, wrongly, or not at all."""

import html
import re
import time
from dataclasses import replace
from pathlib import Path

import jwt
import pytest
from allauth.mfa.totp.internal import auth as codes
from allauth.socialaccount.models import SocialAccount, SocialToken
from django.contrib.auth import get_user_model
from django.test import Client, override_settings
from joserfc.jwk import ECKey

from console.conftest import show
from postwarden.configuration import ConfigurationError, load
from postwarden.console.oidc.connecting import connect, connections
from postwarden.console.oidc.errors import NotSignedIn
from postwarden.console.oidc.tokens import subject
from postwarden.console.settings import CONFIGURATION
from postwarden.people.service import IdentityProvider, members, retire
from postwarden.wiring import recorder
from providers_of_identities import CLIENT, SECRET, provider_of_identities

ANNA, START, BACK = "4711", "/sign-in/provider/", "/sign-in/provider/back/"
_OTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture(scope="module")
def running():
    with provider_of_identities() as provider:
        yield provider


@pytest.fixture
def provider(desk, running):
    """The provider, which the installation knows and which answers well."""
    running.spoil()
    known = IdentityProvider(running.issuer, CLIENT, SECRET, "Example staff")
    with override_settings(**{CONFIGURATION: replace(desk.configuration, identity_provider=known)}):
        yield running


def record(desk):
    """Give what writes into the ledger."""
    return recorder(desk.holds.desk.ledger)


@pytest.fixture
def anna(desk, provider):
    """Somebody who is connected with the provider, and whose second factor is an app."""
    user = get_user_model().objects.get_by_natural_key("anna")
    codes.TOTP.activate(user, _OTP)
    connect("anna", provider.issuer, ANNA, record(desk), desk.now)
    return user


def place_of(answer):
    assert answer.status_code == 200, answer.content
    page = answer.content.decode()
    found = re.search(r'<a class="act" href="([^"]+)"', page)[1]
    assert f'<meta http-equiv="refresh" content="0;url={found}">' in page
    return html.unescape(found)


def come(browser, provider, subject=ANNA, *, by=START, told=None):
    """Go to the provider and come back as somebody; give the answer of the console."""
    return browser.get(provider.follow(place_of(browser.post(by, told or {})), subject))


def code(at):
    return codes.format_hotp_value(codes.hotp_value(_OTP, at))


def said(answer, *words, status=409):
    assert answer.status_code == status
    page = html.unescape(answer.content.decode())
    for one in (*words, "Nothing was changed"):
        assert one in page


@pytest.mark.usefixtures("anna")
def test_who_is_connected_comes_in_with_their_second_factor_and_nothing_less(provider):
    browser = Client()
    page = browser.get("/account/login/?next=/cases/").content.decode()
    assert "Sign in with Example staff" in page
    assert f'action="{START}"' in page
    answer = come(browser, provider, told={"next": "/cases/"})
    assert (answer.status_code, answer["Location"]) == (302, "/account/factors/authenticate/")
    assert browser.get("/cases/")["Location"].startswith("/account/login/")
    kept = str(dict(browser.session.items())) + str(SocialAccount.objects.values())
    assert ANNA in kept
    assert not [one for one in ("token", "eyJ", SECRET, "anna@example.net") if one in kept]
    assert not SocialToken.objects.exists()
    now = next(iter(codes.yield_hotp_counters_from_time()))
    answer = browser.post("/account/factors/authenticate/", {"code": code(now)})
    assert (answer.status_code, answer["Location"]) == (302, "/cases/")
    assert browser.get("/cases/").status_code == 200
    assert browser.post("/tokens/", {"label": "x"})["Location"].startswith("/account/reauth")


@pytest.mark.usefixtures("anna")
def test_the_way_there_has_a_state_a_nonce_and_a_proof_and_asks_for_nothing_else(provider):
    told = [place_of(Client().post(START)) for _ in range(2)]
    asked = [dict(re.findall(r"([a-z_]+)=([^&]*)", one)) for one in told]
    assert told[0].startswith(f"{provider.issuer}/authorize?")
    for one in asked:
        assert (one["response_type"], one["scope"]) == ("code", "openid")
        assert one["code_challenge_method"] == "S256"
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[0][name]) >= 16
        assert asked[0][name] != asked[1][name]


@pytest.mark.usefixtures("provider")
def test_nobody_is_led_there_who_did_not_ask():
    answer = Client().get(START)
    assert (answer.status_code, answer["Location"]) == (302, "/account/login/")
    assert Client(enforce_csrf_checks=True).post(START).status_code == 403


@pytest.mark.usefixtures("provider")
def test_pages_lead_there_without_a_wider_policy():
    answer = Client().post(START)
    assert "form-action 'self';" in answer["Content-Security-Policy"] + ";"
    assert "no-store" in answer["Cache-Control"]


def test_who_is_not_connected_is_told_what_to_do_and_nobody_is_added(provider, desk):
    before = members()
    browser = Client()
    said(come(browser, provider, "nobody-we-know"), "Sign in with your password", "under your name")
    assert members() == before
    assert browser.get("/cases/").status_code == 302


def test_an_address_that_the_provider_tells_stands_for_nobody(provider, desk):
    provider.spoil(claims={"email": "anna@example.net", "preferred_username": "anna"})
    said(come(Client(), provider, "anna"), "Sign in with your password")


def test_who_acts_no_more_is_refused(anna, provider, desk):
    retire("anna", "officer-all", lambda *_: None, desk.now)
    said(come(Client(), provider), "anna acts no more here")


STRANGE = {
    "another nonce": {"claims": {"nonce": "of another sign-in"}},
    "another audience": {"claims": {"aud": "another client"}},
    "more than one audience": {"claims": {"aud": [CLIENT, "another"]}},
    "asked for by another client": {"claims": {"azp": "another client"}},
    "another issuer": {"claims": {"iss": "https://issuer.test"}},
    "too old": {"claims": {"exp": 1_700_000_000}},
    "not yet made": {"claims": {"iat": 4_000_000_000}},
    "another key": {"signer": "strange"},
    "the shared secret as its key": {"signer": "secret"},
}


@pytest.mark.usefixtures("anna")
@pytest.mark.parametrize("faults", STRANGE.values(), ids=STRANGE)
def test_a_token_that_is_not_of_this_sign_in_counts_for_nothing(provider, faults):
    browser = Client()
    provider.spoil(**faults)
    before = provider.given()
    said(come(browser, provider), "not meant for this sign-in")
    assert provider.given() == before + 1
    assert "_auth_user_id" not in browser.session
    provider.spoil()
    assert come(browser, provider).status_code == 302


@pytest.mark.usefixtures("anna")
def test_an_answer_counts_once_and_for_who_asked(provider):
    browser, other = Client(), Client()
    back = provider.follow(place_of(browser.post(START)), ANNA)
    said(other.get(back), "not meant for this sign-in")
    assert browser.get(back).status_code == 302
    said(browser.get(back), "not meant for this sign-in")
    used = re.search(r"code=([^&]+)", back)[1]
    again = provider.follow(place_of(browser.post(START)), ANNA)
    said(browser.get(re.sub(r"code=[^&]+", f"code={used}", again)), "not meant for this sign-in")


@pytest.mark.usefixtures("anna")
def test_an_answer_of_another_issuer_is_not_asked_about(provider):
    browser = Client()
    back = provider.follow(place_of(browser.post(START)), ANNA)
    said(browser.get(f"{back}&iss=https://issuer.test"), "not meant for this sign-in")


@pytest.mark.parametrize("place", [BACK, f"{BACK}?state=x", f"{BACK}?code=x&state=%00"])
@pytest.mark.usefixtures("provider")
def test_an_answer_that_nobody_asked_for_is_none(place):
    said(Client().get(place), "not meant for this sign-in")


@pytest.mark.usefixtures("anna")
def test_who_does_not_go_on_there_is_back_where_they_were(provider):
    browser = Client()
    state = re.search(r"state=([^&]+)", place_of(browser.post(START)))[1]
    answer = browser.get(f"{BACK}?error=access_denied&state={state}", follow=True)
    assert answer.request["PATH_INFO"] == "/account/login/"
    assert "Nothing was changed" in answer.content.decode()


def test_a_provider_of_another_name_or_without_tls_is_not_gone_to(provider):
    for faults in ({"issuer": "https://issuer.test"}, {"token_endpoint": "ftp://127.0.0.1/"}):
        provider.spoil(document=faults)
        said(Client().post(START), "[console.oidc]")


@pytest.mark.usefixtures("anna")
def test_a_provider_that_is_away_is_said_to_be_and_the_password_still_opens(provider):
    browser = Client()
    back = provider.follow(place_of(browser.post(START)), ANNA)
    provider.spoil(away=True)
    said(browser.post(START), "does not answer", "sign in with your password", status=503)
    said(browser.get(back), "does not answer", status=503)
    provider.spoil(document={"token_endpoint": "http://127.0.0.1:1/token"})
    said(come(browser, provider), "does not answer", status=503)
    provider.spoil(document={"jwks_uri": f"{provider.issuer}/none"})
    said(come(browser, provider), "does not answer", status=503)


def test_somebody_connects_who_showed_just_now_that_it_is_they_and_disconnects(provider, desk):
    browser, told = desk.browser("anna", sure=False), {"do": "connect"}
    assert browser.post("/identity/", told)["Location"].startswith("/account/reauthenticate/")
    show(browser, get_user_model().objects.get_by_natural_key("anna"))
    answer = come(browser, provider, by="/identity/", told=told)
    assert (answer.status_code, answer["Location"]) == (302, "/identity/")
    page = browser.get("/identity/").content.decode()
    assert provider.issuer in page
    assert ANNA in page
    one = connections("anna")[0]
    assert (one.issuer, one.subject) == (provider.issuer, ANNA)
    other = desk.browser("officer-all")
    other.post("/identity/", {"number": one.number})
    assert connections("anna") == [one]
    browser.post("/identity/", {"number": one.number})
    assert connections("anna") == []
    said(come(Client(), provider), "does not know you")
    kinds = [one.act for one in desk.holds.desk.ledger.entries() if "identity-" in one.act]
    assert kinds == ["person.identity-connected", "person.identity-disconnected"]


@pytest.mark.usefixtures("anna")
def test_what_is_connected_with_somebody_is_nobody_elses_until_they_left(provider, desk):
    browser, told = desk.browser("officer-all"), {"do": "connect"}
    said(come(browser, provider, by="/identity/", told=told), "connected already")
    retire("anna", "officer-all", lambda *_: None, desk.now)
    assert come(browser, provider, by="/identity/", told=told).status_code == 302
    assert connections("anna") == []
    assert [one.subject for one in connections("officer-all")] == [ANNA]


def test_nobody_is_connected_by_who_is_signed_in_meanwhile(provider, desk):
    browser, told = desk.browser("anna"), {"do": "connect"}
    back = provider.follow(place_of(browser.post("/identity/", told)), ANNA)
    other = desk.browser("officer-all")
    session = other.session
    session["socialaccount_states"] = browser.session["socialaccount_states"]
    session.save()
    said(other.get(back), "Nothing was connected")
    assert connections("anna") == connections("officer-all") == []


def test_a_connection_is_of_its_issuer(anna, provider, desk):
    issuer = provider.issuer.replace("127.0.0.1", "localhost")
    known = IdentityProvider(issuer, CLIENT, SECRET, "Another")
    other = replace(desk.configuration, identity_provider=known)
    provider.spoil(document={"issuer": issuer}, claims={"iss": issuer})
    with override_settings(**{CONFIGURATION: other}):
        said(come(Client(), provider), "does not know you")


@pytest.mark.usefixtures("provider")
def test_who_asks_too_often_waits():
    with override_settings(ACCOUNT_RATE_LIMITS={"login": "2/m/ip"}):
        assert [Client().post(START).status_code for _ in range(3)] == [200, 200, 429]


def test_without_a_provider_there_is_no_such_way(desk):
    assert START not in Client().get("/account/login/").content.decode()
    assert Client().post(START).status_code == Client().get(BACK).status_code == 404
    assert b"No provider is set up" in desk.browser("anna").get("/identity/").content


def test_a_secret_that_cannot_be_read_is_said_to_be(provider, desk):
    known = IdentityProvider(provider.issuer, CLIENT, "", "Staff")
    lacking = replace(desk.configuration, identity_provider=known)
    with override_settings(**{CONFIGURATION: lacking}):
        said(Client().post(START), "cannot read the secret")


def test_a_token_without_a_signature_counts_for_nothing():
    known = IdentityProvider("https://issuer.test", CLIENT, SECRET, "Staff")
    public = ECKey.generate_key("P-256", {"kid": "one"}).as_dict(private=False)
    now = int(time.time())
    told = {
        "iss": known.issuer,
        "sub": ANNA,
        "aud": CLIENT,
        "exp": now + 60,
        "iat": now,
        "nonce": "n",
    }
    for token in (jwt.encode(told, None, "none", {"kid": "one"}), "", "a.b.c", None):
        with pytest.raises(NotSignedIn, match="not meant for this sign-in"):
            subject(token, jwt.PyJWKSet([public]), "n", known)


@pytest.mark.parametrize(
    "issuer", ["http://login.test", "https://", "https://a@login.test", "https://login.test?x=1", "ftp://login.test"]
)  # fmt: skip
def test_an_issuer_is_named_as_it_has_to_be(desk, tmp_path, issuer):
    (tmp_path / "secret").write_text("word\n")
    rest = f'client_id = "c"\nname = "Staff"\nclient_secret_file = "{tmp_path}/secret"\n'
    section = '\n[console.oidc]\nissuer = "%s"\n' + rest
    file = tmp_path / "postwarden.toml"
    before = Path(desk.configuration.file).read_text()
    file.write_text(before + section % issuer)
    with pytest.raises(ConfigurationError, match=r"console\.oidc\.issuer: write its address"):
        load(str(file))
    file.write_text(before + section % "https://login.test/realm")
    found = load(str(file)).identity_provider
    assert found == IdentityProvider("https://login.test/realm", "c", "word", "Staff")
    assert "word" not in repr(found)
