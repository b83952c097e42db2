"""What the doctor makes of settings and of what servers said (pure)."""

from dataclasses import replace

import pytest

from postwarden.holds.doctor.restrictions import Reach, expanded, reach
from postwarden.holds.doctor.service import (
    Answer,
    Attempt,
    Code,
    Door,
    DovecotFacts,
    Finding,
    Level,
    Outcome,
    Passdb,
    PostfixFacts,
    ProjectionFacts,
    Protocol,
    SmtpService,
    Stage,
    Step,
    dovecot_findings,
    is_loopback,
    never_covered,
    postfix_findings,
    projection_findings,
    told,
    verdict,
)
from postwarden.holds.doctor.steps import LEVELS, login_outcome, mail_outcome
from postwarden.holds.settings import HoldSettings

REASON = "on hold"
HOLDS = HoldSettings("/srv/holds")
CHECK = "check_sasl_access proxy:sqlite:/srv/holds/postfix-holds.cf"
DOORS = [Door(one, "127.0.0.1", 1) for one in Protocol]
USERS = Passdb("passwd-file", "/etc/users", "continue-ok")
NOLOGIN = Passdb("sql", "/srv/holds/dovecot-holds.conf.ext", "continue-ok")
GOOD = DovecotFacts(
    settings={
        "auth_policy_server_url": "http://127.0.0.1:11800/",
        "auth_policy_check_after_auth": "yes",
        "auth_policy_reject_on_fail": "no",
        "auth_policy_log_only": "no",
        "auth_cache_size": "10 M",
        "auth_cache_negative_ttl": "0",
        "protocols": "imap pop3 lmtp sieve submission",
        "director_servers": "",
        "imap_urlauth_host": "",
    },
    passdbs=(USERS, NOLOGIN),
    plugins=frozenset({"notify", "sieve"}),
    namespaces=frozenset({"private"}),
)
LISTS = {
    "smtpd_sasl_auth_enable": "yes",
    "smtpd_sender_restrictions": f"{CHECK}, reject_unknown_sender_domain",
    "smtpd_end_of_data_restrictions": CHECK,
}


def with_settings(**more):
    return replace(GOOD, settings={**GOOD.settings, **more})


def found(facts, holds=HOLDS, doors=DOORS):
    return {(one.code, one.level) for one in dovecot_findings(facts, holds, doors)}


def at_service(kind="inet", main=None, **settings):
    service = SmtpService("submission", kind, {**LISTS, **settings})
    facts = PostfixFacts(main or {}, (service,))
    return {(one.code, one.level) for one in postfix_findings(facts, HOLDS, DOORS)}


def test_settings_as_setup_prints_them_are_faultless():
    assert found(GOOD) == set()
    assert at_service() == set()


@pytest.mark.parametrize(
    ("facts", "code", "level"),
    [
        (with_settings(auth_policy_server_url=""), Code.NO_POLICY, Level.FAULT),
        (
            with_settings(auth_policy_server_url="http://127.0.0.1:118001/"),
            Code.OTHER_POLICY,
            Level.WARNING,
        ),
        (with_settings(auth_policy_check_after_auth="no"), Code.POLICY_IDLE, Level.FAULT),
        (with_settings(auth_policy_log_only="yes"), Code.POLICY_IDLE, Level.FAULT),
        (with_settings(auth_policy_reject_on_fail="yes"), Code.REJECT_ON_FAIL, Level.FAULT),
        (with_settings(auth_cache_size="0"), Code.NO_CACHE, Level.WARNING),
        (with_settings(auth_cache_negative_ttl="1 hours"), Code.NEGATIVE_CACHE, Level.WARNING),
        (with_settings(imap_urlauth_host="*"), Code.URLAUTH, Level.WARNING),
        (with_settings(director_servers="192.0.2.1"), Code.DIRECTOR, Level.WARNING),
        (replace(GOOD, passdbs=(USERS,)), Code.NO_NOLOGIN, Level.FAULT),
        (
            replace(GOOD, passdbs=(replace(USERS, success="return-ok"), NOLOGIN)),
            Code.PASSDB_RETURNS,
            Level.WARNING,
        ),
        (replace(GOOD, passdbs=(NOLOGIN, USERS)), Code.PASSDB_RETURNS, Level.WARNING),
        (
            replace(GOOD, passdbs=(Passdb("oauth2", "", "continue-ok"), NOLOGIN)),
            Code.OAUTH2,
            Level.WARNING,
        ),
        (
            replace(GOOD, passdbs=(Passdb("pam", master=True), USERS, NOLOGIN)),
            Code.MASTER_USERS,
            Level.WARNING,
        ),
        (replace(GOOD, passdbs=(USERS, USERS, NOLOGIN)), Code.SEVERAL_PASSDBS, Level.WARNING),
        (
            replace(GOOD, passdbs=(replace(USERS, fields="proxy=y"), NOLOGIN)),
            Code.DIRECTOR,
            Level.WARNING,
        ),
        (replace(GOOD, hibernates=True), Code.HIBERNATION, Level.WARNING),
        (replace(GOOD, penalty=True), Code.PENALTY, Level.WARNING),
        (replace(GOOD, plugins=frozenset({"imap_acl"})), Code.ACL, Level.WARNING),
        (replace(GOOD, plugins=frozenset({"replication"})), Code.REPLICATION, Level.WARNING),
        (replace(GOOD, namespaces=frozenset({"shared"})), Code.SHARED_FOLDERS, Level.WARNING),
        (None, Code.DOVECOT_UNSEEN, Level.WARNING),
    ],
)
def test_each_gap_of_dovecots_settings_is_found_and_nothing_else(facts, code, level):
    assert found(facts) == {(code, level)}


def test_a_protocol_that_is_spoken_and_not_tried_is_not_proven():
    doors = [one for one in DOORS if one.protocol not in (Protocol.POP3, Protocol.SUBMISSION)]
    told = {one.where for one in dovecot_findings(GOOD, HOLDS, doors)}
    assert told == {"pop3", "submission"}
    assert found(GOOD, doors=doors) == {(Code.NO_DOOR, Level.UNPROVEN)}


def test_a_policy_server_that_others_can_ask_is_named():
    url = with_settings(auth_policy_server_url="http://192.0.2.1:11800/")
    here = HoldSettings("/srv/holds", "192.0.2.1")
    assert found(url, here) == {(Code.POLICY_EXPOSED, Level.WARNING)}
    assert found(url, replace(here, key="k")) == set()


@pytest.mark.parametrize(
    ("settings", "findings"),
    [
        (
            {"smtpd_sender_restrictions": "", "smtpd_end_of_data_restrictions": ""},
            {(Code.NO_CHECK, Level.FAULT)},
        ),
        ({"smtpd_sender_restrictions": ""}, {(Code.NO_SENDER_CHECK, Level.WARNING)}),
        ({"smtpd_end_of_data_restrictions": ""}, {(Code.NO_END_CHECK, Level.WARNING)}),
        (
            {"smtpd_sender_restrictions": f"permit_mynetworks {CHECK}"},
            {(Code.LATE_CHECK, Level.WARNING)},
        ),
        (
            {
                "smtpd_sender_restrictions": f"permit_sasl_authenticated, {CHECK}",
                "smtpd_end_of_data_restrictions": "",
            },
            {(Code.LATE_CHECK, Level.FAULT)},
        ),
        ({"smtpd_sasl_auth_enable": "no", "smtpd_sender_restrictions": ""}, set()),
        ({"kind": "pass"}, {(Code.NOT_REACHABLE, Level.UNPROVEN)}),
        (
            {
                "main": {"mynetworks": "127.0.0.0/8 [::1]/128 192.0.2.0/24"},
                "smtpd_relay_restrictions": "permit_mynetworks, reject",
            },
            {(Code.WIDE_NETWORKS, Level.WARNING)},
        ),
        (
            {
                "main": {"mynetworks": "127.0.0.0/8 [::1]/128 !192.0.2.0/24"},
                "smtpd_relay_restrictions": "permit_mynetworks, reject",
            },
            set(),
        ),
        (
            {"main": {"authorized_submit_users": "static:anyone"}},
            {(Code.LOCAL_SUBMISSION, Level.WARNING)},
        ),
    ],
)
def test_each_gap_of_postfixs_settings_is_found_and_nothing_else(settings, findings):
    assert at_service(**settings) == findings


def test_a_postfix_nobody_looked_at_and_one_without_a_door_are_told():
    assert [one.code for one in postfix_findings(None, HOLDS, DOORS)] == [Code.POSTFIX_UNSEEN]
    facts = PostfixFacts({}, (SmtpService("submission", "inet", LISTS),))
    assert postfix_findings(facts, HOLDS, []) == [
        Finding(Code.NO_DOOR, Level.UNPROVEN, "submission")
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (CHECK, Reach.ALWAYS),
        ("reject_unknown_sender_domain, $mine", Reach.ALWAYS),
        ("${mine}", Reach.ALWAYS),
        ("first_class", Reach.ALWAYS),
        (f"check_sender_access hash:/etc/x, {CHECK}", Reach.PERHAPS),
        (f"check_sasl_access hash:/srv/holds/x, {CHECK}", Reach.PERHAPS),
        (f"check_policy_service {{ unix:x, timeout=10s }}, {CHECK}", Reach.PERHAPS),
        (f"permit, {CHECK}", Reach.NEVER),
        (f"reject {CHECK}", Reach.NEVER),
        ("check_sasl_access sqlite:/srv/holds-of-others/x.cf", Reach.NEVER),
        ("check_sasl_access", Reach.NEVER),
        ("$itself", Reach.NEVER),
        ("", Reach.NEVER),
    ],
)
def test_whether_a_list_comes_to_the_look_up(text, expected):
    settings = {
        "it": text,
        "mine": CHECK,
        "itself": "$itself",
        "smtpd_restriction_classes": "first_class",
        "first_class": "$mine",
    }
    assert reach("it", settings, "/srv/holds") is expected


def test_names_are_expanded_as_postfix_does():
    assert expanded("$a ${a} $(a) $b", {"a": "$c", "c": "1"}) == "1 1 1 "


@pytest.mark.parametrize(
    ("mode", "folder_mode", "codes"),
    [
        (0o640, 0o2750, []),
        (None, 0o2750, [Code.PROJECTION_MISSING]),
        (0o644, 0o755, [Code.PROJECTION_OPEN]),
        (0o644, 0o750, []),
        (0o600, 0o700, [Code.PROJECTION_CLOSED]),
    ],
)
def test_who_may_read_the_projection(mode, folder_mode, codes):
    there = projection_findings(ProjectionFacts(mode, folder_mode), "/srv/holds/holds.sqlite")
    assert [one.code for one in there] == codes


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.0.1", "localhost", "::1", "[::1]"])
def test_loopback_is_known(host):
    assert is_loopback(host)
    assert not is_loopback(f"{host}.example.net")


def test_each_code_has_its_sentence_and_each_outcome_its_level():
    for code in Code:
        sentence, remedy = told(Finding(code, Level.WARNING, "HERE"))
        assert sentence.endswith(".")
        assert remedy.endswith(".")
        assert "{" not in sentence + remedy
    assert set(LEVELS) == set(Outcome)


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("answer", Answer)
@pytest.mark.parametrize("text", [f"NO {REASON}", "NO sorry"])
def test_a_login_proves_what_it_shows_and_no_more(stage, answer, text):
    outcome = login_outcome(stage, Attempt(answer, text), REASON)
    held = stage not in (Stage.BEFORE, Stage.RELEASED, Stage.AFTER)
    wanted = answer is (Answer.REFUSED if held else Answer.ACCEPTED)
    assert (LEVELS[outcome] is Level.PROVEN) is (wanted and (not held or REASON in text))
    assert (outcome is Outcome.GOT_IN) is (held and answer is Answer.ACCEPTED)


@pytest.mark.parametrize(
    ("attempt", "queue", "seen", "outcome"),
    [
        (Attempt(Answer.ACCEPTED, "", "4jX"), "hold", True, Outcome.MAIL_HELD),
        (Attempt(Answer.ACCEPTED, "", "4jX"), "active", True, Outcome.MAIL_PASSED),
        (Attempt(Answer.ACCEPTED, "", "4jX"), None, True, Outcome.MAIL_PASSED),
        (Attempt(Answer.ACCEPTED, "", "4jX"), None, False, Outcome.MAIL_UNSEEN),
        (Attempt(Answer.ACCEPTED, "", ""), None, True, Outcome.MAIL_UNSEEN),
        (Attempt(Answer.REFUSED, REASON), None, True, Outcome.REFUSED_WITH_REASON),
        (Attempt(Answer.REFUSED, "451 later"), None, True, Outcome.REFUSED_OTHERWISE),
        (Attempt(Answer.NONE, "time-out"), None, True, Outcome.NO_ANSWER),
    ],
)
def test_mail_of_a_held_account_is_refused_or_held_or_went_out(attempt, queue, seen, outcome):
    assert mail_outcome(attempt, REASON, queue, seen=seen) is outcome


def test_the_worst_decides_and_warnings_do_not():
    good = Step(Stage.HELD, "imap", Outcome.REFUSED_WITH_REASON)
    bad = Step(Stage.HELD, "imap", Outcome.GOT_IN)
    unclear = Step(Stage.HELD, "imap", Outcome.NO_ANSWER)
    assert verdict([good], never_covered()) is Level.PROVEN
    assert verdict([good, unclear], []) is Level.UNPROVEN
    assert verdict([good, unclear, bad], []) is Level.FAULT
    assert verdict([good], [Finding(Code.NO_POLICY, Level.FAULT)]) is Level.FAULT
    assert verdict([], []) is Level.UNPROVEN
