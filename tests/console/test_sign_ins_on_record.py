"""Who came in, by what, and whose name was tried in vain: on record."""

import pytest
from allauth.mfa.totp.internal import auth as codes
from django.contrib.auth import get_user_model
from django.test import Client, override_settings

PASSWORD = "correct horse battery"
_OTP = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


@pytest.fixture
def user(desk):
    user = get_user_model().objects.get_by_natural_key("anna")
    user.set_password(PASSWORD)
    user.save()
    codes.TOTP.activate(user, _OTP)
    return user


def on_record(desk):
    found = [one for one in desk.holds.desk.ledger.about("identity anna") if "sign" in one.act]
    return [(one.act, one.facts["actor"], one.facts["detail"]["by"]) for one in reversed(found)]


def tried(browser, password):
    return browser.post("/account/login/", {"login": "anna", "password": password})


@pytest.mark.usefixtures("user")
def test_who_came_in_and_by_what_is_on_record(desk):
    browser = Client()
    assert tried(browser, PASSWORD).status_code == 302
    assert on_record(desk) == []  # they are not in yet
    wrong = browser.post("/account/factors/authenticate/", {"code": "000000"})
    assert wrong.status_code == 200
    at = next(iter(codes.yield_hotp_counters_from_time()))
    code = codes.format_hotp_value(codes.hotp_value(_OTP, at))
    assert browser.post("/account/factors/authenticate/", {"code": code}).status_code == 302
    assert on_record(desk) == [
        ("person.sign-in-refused", "postwarden", ["factor"]),
        ("person.signed-in", "anna", ["password", "totp"]),
    ]


@pytest.mark.usefixtures("user")
def test_what_is_tried_in_vain_is_on_record_a_few_times_and_of_nobody_unknown(desk):
    with override_settings(ACCOUNT_RATE_LIMITS={"login_failed": "100/m/ip"}):
        assert [tried(Client(), f"wrong {n}").status_code for n in range(8)] == [200] * 8
    assert on_record(desk) == [("person.sign-in-refused", "postwarden", ["password"])] * 5
    for name in ("a password in the wrong field", "anna\0", "\0"):
        Client().post("/account/login/", {"login": name, "password": "x"})
    acts = [one.act for one in desk.holds.desk.ledger.entries()]
    assert acts.count("person.sign-in-refused") == 5
