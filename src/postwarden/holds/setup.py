"""The settings by which Dovecot and Postfix refuse held accounts (pure text).

Measured on Dovecot 2.3.19 and Postfix 3.7.11. Those of Dovecot 2.4 are taken from its documentation
("Upgrading to 2.4", "SQL Database", "Authentication Policy") and untested.
"""

from dataclasses import dataclass

from postwarden.holds.file import projection_file
from postwarden.holds.settings import HoldSettings

DOVECOT_QUERY = "dovecot-holds.conf.ext"
POSTFIX_QUERY = "postfix-holds.cf"
_FIELDS = "NULL AS password, 'y' AS nopassword, 'y' AS nologin, reason"

_POLICY = """\
auth_policy_server_url = http://{it.host}:{it.port}/
{key}auth_policy_hash_nonce = {nonce}
auth_policy_check_before_auth = no
auth_policy_check_after_auth = yes
auth_policy_report_after_auth = no
auth_policy_reject_on_fail = no
"""
_DOVECOT_23 = """\
# Held accounts, for Dovecot 2.3: read after every other passdb. Each passdb before it has to say
# result_success = continue-ok, or its logins never get here.
{policy}auth_policy_request_attributes = login=%{{user}} protocol=%s session_id=%{{session}}
auth_policy_server_timeout_msecs = 1000
# A login cache must not remember that an account is not held.
auth_cache_negative_ttl = 0
passdb {{
  driver = sql
  args = {it.path}/{query}
  skip = unauthenticated
  result_success = continue-ok
  result_failure = continue
}}
# The refusals of one held user must not slow others behind the same address (a webmail's).
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
_DOVECOT_24 = """\
# Held accounts, for Dovecot 2.4: untested, from its documentation. Read after every other passdb; each of
# those has to say result_success = continue-ok, or its logins never get here.
{policy}auth_policy_request_attributes {{
  login = %{{user}}
  protocol = %{{protocol}}
  session_id = %{{session}}
}}
auth_policy_server_timeout_msecs = 1000
auth_cache_negative_ttl = 0
passdb holds {{
  driver = sql
  sql_driver = sqlite
  sqlite_path = {file}
  passdb_sql_query = SELECT account AS user, {fields} FROM holds WHERE account = lower('%{{user}}')
  skip = unauthenticated
  result_success = continue-ok
  result_failure = continue
}}
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
"""
_QUERY_23 = """\
driver = sqlite
connect = {file}
password_query = SELECT account AS user, {fields} FROM holds WHERE account = lower('%u')
"""
_QUERY_POSTFIX = """\
dbpath = {file}
query = SELECT 'HOLD the account is on hold' FROM holds WHERE account = lower('%s')
"""
_CHECK = "check_sasl_access proxy:sqlite:{path}/{query}"


@dataclass(frozen=True, slots=True)
class Texts:
    """What to write where.

    Attributes:
        main: for the end of dovecot.conf or main.cf.
        query_file: name of the file beside the projection, in [holds] path; "" for none.
        query: its text.
    """

    main: str
    query_file: str
    query: str


def dovecot(settings: HoldSettings, version: str, nonce: str) -> Texts:
    """Give Dovecot's settings.

    Args:
        settings: of this host.
        version: as `dovecot --version` prints it.
        nonce: any text that only this Dovecot knows (auth_policy_hash_nonce).
    """
    key = settings.key
    shown = "" if key is None else f"auth_policy_server_api_header = Authorization: Bearer {key}\n"
    policy = _POLICY.format(it=settings, key=shown, nonce=nonce)
    file = projection_file(settings.path)
    if is_dovecot_23(version):
        text = _DOVECOT_23.format(policy=policy, it=settings, query=DOVECOT_QUERY)
        return Texts(text, DOVECOT_QUERY, _QUERY_23.format(file=file, fields=_FIELDS))
    return Texts(_DOVECOT_24.format(policy=policy, file=file, fields=_FIELDS), "", "")


def is_dovecot_23(version: str) -> bool:
    """Tell whether a version has the configuration language of 2.3."""
    return version.startswith("2.3.")


def postfix(settings: HoldSettings, restrictions: str, at_end: str, proxied: str) -> Texts:
    """Give Postfix's settings.

    Mail is looked at when its sender is named and again at its end: a session that was open before the
    hold, even one within a message, has its mail put into the hold queue.

    Args:
        settings: of this host.
        restrictions: smtpd_sender_restrictions as they are (`postconf -h`).
        at_end: smtpd_end_of_data_restrictions, likewise.
        proxied: proxy_read_maps, likewise.
    """
    check = _CHECK.format(path=settings.path, query=POSTFIX_QUERY)
    table = check.partition(" ")[2]
    maps = [one for one in proxied.replace(",", " ").split() if one != table]
    text = (
        f"smtpd_sender_restrictions = {_first(check, restrictions)}\n"
        f"smtpd_end_of_data_restrictions = {_first(check, at_end)}\n"
        f"proxy_read_maps = {' '.join([*maps, table])}\n"
    )
    query = _QUERY_POSTFIX.format(file=projection_file(settings.path))
    return Texts(text, POSTFIX_QUERY, query)


def _first(check: str, restrictions: str) -> str:
    """Put the check before all other restrictions, which stay in order; it is there once."""
    kept = [one.strip() for one in restrictions.split(",")]
    return ", ".join([check, *(one for one in kept if one not in ("", check))])
