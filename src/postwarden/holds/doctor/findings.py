"""What is found without trying: kinds, how bad each is, and what is said about it (pure)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """What something means for the proof."""

    PROVEN = "proven"
    FAULT = "fault"
    UNPROVEN = "unproven"
    WARNING = "warning"


class Code(StrEnum):
    """Kinds of findings; each has its sentence and what to do."""

    NO_POLICY = "no-policy"
    OTHER_POLICY = "other-policy"
    POLICY_IDLE = "policy-idle"
    REJECT_ON_FAIL = "reject-on-fail"
    POLICY_EXPOSED = "policy-exposed"
    NO_NOLOGIN = "no-nologin"
    PASSDB_RETURNS = "passdb-returns"
    SEVERAL_PASSDBS = "several-passdbs"
    OAUTH2 = "oauth2"
    MASTER_USERS = "master-users"
    HIBERNATION = "hibernation"
    PENALTY = "penalty"
    ACL = "acl"
    SHARED_FOLDERS = "shared-folders"
    URLAUTH = "urlauth"
    REPLICATION = "replication"
    DIRECTOR = "director"
    NEGATIVE_CACHE = "negative-cache"
    NO_CACHE = "no-cache"
    NO_DOOR = "no-door"
    DOVECOT_UNSEEN = "dovecot-unseen"
    NO_CHECK = "no-check"
    LATE_CHECK = "late-check"
    NO_SENDER_CHECK = "no-sender-check"
    NO_END_CHECK = "no-end-check"
    NOT_REACHABLE = "not-reachable"
    WIDE_NETWORKS = "wide-networks"
    LOCAL_SUBMISSION = "local-submission"
    POSTFIX_UNSEEN = "postfix-unseen"
    PROJECTION_MISSING = "projection-missing"
    PROJECTION_OPEN = "projection-open"
    PROJECTION_CLOSED = "projection-closed"
    WEBMAIL = "webmail"
    APP_PASSWORDS = "app-passwords"
    ALIASES = "aliases"
    OTHER_HOSTS = "other-hosts"


class Finding(NamedTuple):
    """One thing found.

    Attributes:
        code: what it is.
        level: what it means.
        where: the setting, service or file; "" where none is to be named.
    """

    code: Code
    level: Level
    where: str = ""


class Told(NamedTuple):
    """What is said of a finding, with {where} filled in, and what to do."""

    sentence: str
    remedy: str


_SETUP_DOVECOT = "Take over what `postwarden setup dovecot` prints."
_SETUP_POSTFIX = "Take over what `postwarden setup postfix` prints, for this service, too."
_TOLD: Mapping[Code, Told] = {
    Code.NO_POLICY: Told("Dovecot asks no policy server.", _SETUP_DOVECOT),
    Code.OTHER_POLICY: Told(
        "Dovecot asks another policy server than [holds] policy: {where}.", _SETUP_DOVECOT
    ),
    Code.POLICY_IDLE: Told(
        "{where}: what the policy server answers does not keep anybody out.", _SETUP_DOVECOT
    ),
    Code.REJECT_ON_FAIL: Told(
        "While the policy server is down, nobody at all can log in.",
        "Set auth_policy_reject_on_fail = no; held accounts are refused by the nologin passdb then.",
    ),
    Code.POLICY_EXPOSED: Told(
        "Whoever reaches {where} can ask which accounts are held.",
        "Let [holds] policy listen on loopback, or set policy_key.",
    ),
    Code.NO_NOLOGIN: Told(
        "No passdb looks into the projection: while the policy server is down, held accounts get in.",
        _SETUP_DOVECOT,
    ),
    Code.PASSDB_RETURNS: Told(
        "Logins by passdb {where} never come to the nologin passdb: while the policy server is down,"
        " they get in.",
        "Let it say result_success = continue-ok, and stand before the nologin passdb.",
    ),
    Code.SEVERAL_PASSDBS: Told(
        "There are several password databases ({where}); the throw-away account is in one of them.",
        "Run the doctor with an account of each.",
    ),
    Code.OAUTH2: Told(
        "OAuth tokens let accounts in, and the throw-away account has none.",
        "Revoke the tokens of accounts you hold where they are issued; let the passdb say continue-ok.",
    ),
    Code.MASTER_USERS: Told(
        "Master users ({where}) are kept out of held accounts, too.",
        "Examine held mailboxes by doveadm.",
    ),
    Code.HIBERNATION: Told(
        "Idle IMAP sessions are hibernated ({where}): to end one may end others' sessions.",
        "Set imap_hibernate_timeout = 0.",
    ),
    Code.PENALTY: Told(
        "One held user who tries again and again slows others behind the same address.",
        "Set mode = 0 for anvil-auth-penalty, as `postwarden setup dovecot` prints it.",
    ),
    Code.ACL: Told(
        "Others may have been given access to a held account's folders (plugin acl).",
        "Look with `doveadm acl debug`, and revoke it for accounts you hold.",
    ),
    Code.SHARED_FOLDERS: Told(
        "There are {where} namespaces: what lies there is open to others while its owner is held.",
        "Revoke access to what belongs to accounts you hold.",
    ),
    Code.URLAUTH: Told(
        "Messages may be fetched by URL without a login (imap_urlauth_host).",
        "Let clients' keys of accounts you hold be reset (RESETKEY), or unset imap_urlauth_host.",
    ),
    Code.REPLICATION: Told(
        "Mailboxes are replicated ({where}): the other side lets accounts in by itself.",
        "Set [holds] up on the other side, too, on the same state, and run the doctor there.",
    ),
    Code.DIRECTOR: Told(
        "Logins are passed on to other hosts ({where}).",
        "Name the doveadm of every backend in [[holds.dovecot]]; run the doctor on each.",
    ),
    Code.NEGATIVE_CACHE: Told(
        "The login cache remembers that an account is not held ({where}).",
        "Set auth_cache_negative_ttl = 0.",
    ),
    Code.NO_CACHE: Told(
        "Dovecot keeps no login cache, so that there was no warm one to try.",
        "Run the doctor again should you set auth_cache_size.",
    ),
    Code.NO_DOOR: Told(
        "Nobody tried {where}: [doctor] doors names no door for it.",
        "Add one, such as {where}://127.0.0.1:PORT.",
    ),
    Code.DOVECOT_UNSEEN: Told(
        "Dovecot's settings were not looked at: for OAuth, ACL, hibernation, further passdbs.",
        'Run the doctor on its host, with [doctor] dovecot = "/etc/dovecot/dovecot.conf".',
    ),
    Code.NO_CHECK: Told(
        "{where} takes logins and looks up no holds: its mail is not held.", _SETUP_POSTFIX
    ),
    Code.LATE_CHECK: Told(
        "{where}: a restriction before check_sasl_access may let mail through.",
        "Put check_sasl_access first.",
    ),
    Code.NO_SENDER_CHECK: Told(
        "{where} has its own smtpd_sender_restrictions without check_sasl_access.", _SETUP_POSTFIX
    ),
    Code.NO_END_CHECK: Told(
        "{where}: mail that was being sent when its account was held goes out"
        " (smtpd_end_of_data_restrictions).",
        _SETUP_POSTFIX,
    ),
    Code.NOT_REACHABLE: Told(
        "{where} takes logins, and the doctor cannot reach it by itself.",
        "Add its door to [doctor] doors.",
    ),
    Code.WIDE_NETWORKS: Told(
        "Hosts of mynetworks ({where}) hand in mail without a login, a webmail perhaps for its users.",
        "Let the webmail log in with the account.",
    ),
    Code.LOCAL_SUBMISSION: Told(
        "Local users hand in mail with sendmail, without a login (authorized_submit_users = {where}).",
        "Name those who may, without the webmail's user.",
    ),
    Code.POSTFIX_UNSEEN: Told(
        "Postfix's settings and queue were not looked at.",
        'Run the doctor on its host as root, with [doctor] postfix = "/etc/postfix".',
    ),
    Code.PROJECTION_MISSING: Told(
        "{where}: is not there; the servers cannot know who is held.",
        "Run `postwarden setup dovecot` and `postwarden setup postfix`, and the worker.",
    ),
    Code.PROJECTION_OPEN: Told(
        "{where}: every user of this host can read who is held.", "Take the right from others."
    ),
    Code.PROJECTION_CLOSED: Told(
        "{where}: its group cannot read it, so that Postfix cannot.",
        "Give its group the right to read, and Postfix's user the group.",
    ),
    Code.WEBMAIL: Told(
        "Webmails that keep sessions of their own were not tried.",
        "Let them ask GET /held?account=ACCOUNT of the policy server.",
    ),
    Code.APP_PASSWORDS: Told(
        "Only one password was tried; app passwords were not.",
        "Where accounts have them, run the doctor with one in password_file, too.",
    ),
    Code.ALIASES: Told(
        "Forwarding by aliases goes on: the alias table is yours.",
        "Take the aliases of accounts you hold out.",
    ),
    Code.OTHER_HOSTS: Told(
        "Only this host's policy server and projection were tried.",
        "Where there are more hosts, run the doctor on each.",
    ),
}


def told(finding: Finding) -> Told:
    """Give the sentence and what to do."""
    return Told(*(text.replace("{where}", finding.where) for text in _TOLD[finding.code]))
