"""What the servers' configuration means for holds, beside what probes can prove (pure)."""

import ipaddress
from collections.abc import Iterator, Mapping, Sequence

from postwarden.holds.doctor.facts import (
    DovecotFacts,
    Passdb,
    PostfixFacts,
    ProjectionFacts,
    SmtpService,
)
from postwarden.holds.doctor.findings import Code, Finding, Level
from postwarden.holds.doctor.restrictions import Reach, expanded, reach
from postwarden.holds.doctor.settings import Door, Protocol
from postwarden.holds.settings import HoldSettings

_NO = frozenset({"", "no", "0"})
_TRIED = {"imap": Protocol.IMAP, "pop3": Protocol.POP3, "sieve": Protocol.SIEVE}
_OTHERS = frozenset({"public", "shared"})
_REPLICATION = frozenset({"replication", "mail_replica"})
_SENDER, _END = "smtpd_sender_restrictions", "smtpd_end_of_data_restrictions"
_READ_BY_GROUP, _READ_BY_OTHERS, _ENTERED_BY_OTHERS = 0o040, 0o004, 0o001


def never_covered() -> list[Finding]:
    """Give what no probe and no configuration here can tell."""
    codes = (Code.WEBMAIL, Code.APP_PASSWORDS, Code.ALIASES, Code.OTHER_HOSTS)
    return [Finding(code, Level.WARNING) for code in codes]


def dovecot_findings(
    facts: DovecotFacts | None, holds: HoldSettings, doors: Sequence[Door]
) -> list[Finding]:
    """Give what Dovecot's configuration means; None where it was not looked at."""
    if facts is None:
        return [Finding(Code.DOVECOT_UNSEEN, Level.WARNING)]
    return [
        *_policy(facts.settings, holds),
        *_passdbs(facts.passdbs, holds),
        *_cache(facts.settings),
        *_ways_around(facts),
        *_untried(facts.settings, doors),
    ]


def postfix_findings(
    facts: PostfixFacts | None, holds: HoldSettings, doors: Sequence[Door]
) -> list[Finding]:
    """Give what Postfix's configuration means; None where it was not looked at.

    Args:
        facts: of this host's Postfix.
        holds: of this host.
        doors: all that are tried, those of master.cf included.
    """
    if facts is None:
        return [Finding(Code.POSTFIX_UNSEEN, Level.WARNING)]
    found = [one for service in facts.services for one in _service(service, holds)]
    networks = _wide(expanded(facts.settings.get("mynetworks", ""), facts.settings))
    if networks and any(_trusts_networks(one) for one in facts.services):
        found.append(Finding(Code.WIDE_NETWORKS, Level.WARNING, ", ".join(networks)))
    submitters = facts.settings.get("authorized_submit_users", "")
    if submitters:
        found.append(Finding(Code.LOCAL_SUBMISSION, Level.WARNING, submitters))
    if takes_logins(facts) and not any(one.protocol is Protocol.SUBMISSION for one in doors):
        found.append(Finding(Code.NO_DOOR, Level.UNPROVEN, "submission"))
    return found


def projection_findings(facts: ProjectionFacts, file: str) -> list[Finding]:
    """Give what the file's rights mean for those who have to read it, and for those who should not."""
    if facts.mode is None or facts.folder_mode is None:
        return [Finding(Code.PROJECTION_MISSING, Level.FAULT, file)]
    found = []
    if facts.mode & _READ_BY_OTHERS and facts.folder_mode & _ENTERED_BY_OTHERS:
        found.append(Finding(Code.PROJECTION_OPEN, Level.WARNING, file))
    if not facts.mode & _READ_BY_GROUP:
        found.append(Finding(Code.PROJECTION_CLOSED, Level.WARNING, file))
    return found


def takes_logins(facts: PostfixFacts) -> list[SmtpService]:
    """Give the services at which accounts log in."""
    return [one for one in facts.services if one.settings.get("smtpd_sasl_auth_enable") == "yes"]


def is_loopback(host: str) -> bool:
    """Tell whether a host is this one, seen from itself."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _policy(settings: Mapping[str, str], holds: HoldSettings) -> Iterator[Finding]:
    url = settings.get("auth_policy_server_url", "")
    if not url:
        yield Finding(Code.NO_POLICY, Level.FAULT)
        return
    if f"//{holds.host}:{holds.port}/" not in f"{url}/":
        yield Finding(Code.OTHER_POLICY, Level.WARNING, url)
    if settings.get("auth_policy_check_after_auth") == "no":
        yield Finding(Code.POLICY_IDLE, Level.FAULT, "auth_policy_check_after_auth = no")
    if settings.get("auth_policy_log_only") == "yes":
        yield Finding(Code.POLICY_IDLE, Level.FAULT, "auth_policy_log_only = yes")
    if settings.get("auth_policy_reject_on_fail") == "yes":
        yield Finding(Code.REJECT_ON_FAIL, Level.FAULT)
    if holds.key is None and not is_loopback(holds.host):
        yield Finding(Code.POLICY_EXPOSED, Level.WARNING, f"{holds.host}:{holds.port}")


def _passdbs(passdbs: Sequence[Passdb], holds: HoldSettings) -> Iterator[Finding]:
    users = [one for one in passdbs if not one.master]
    own = [at for at, one in enumerate(users) if _looks_up(one, holds)]
    others = [one for one in users if not _looks_up(one, holds)]
    if not own:
        yield Finding(Code.NO_NOLOGIN, Level.FAULT)
    else:
        for one in users[: own[0]]:
            if not one.success.startswith("continue"):
                yield Finding(Code.PASSDB_RETURNS, Level.WARNING, one.driver)
        for one in users[own[0] + 1 :]:
            yield Finding(Code.PASSDB_RETURNS, Level.WARNING, one.driver)
    if len(others) > 1:
        names = ", ".join(one.driver for one in others)
        yield Finding(Code.SEVERAL_PASSDBS, Level.WARNING, names)
    if any(one.driver == "oauth2" for one in others):
        yield Finding(Code.OAUTH2, Level.WARNING)
    masters = [one.driver for one in passdbs if one.master]
    if masters:
        yield Finding(Code.MASTER_USERS, Level.WARNING, ", ".join(masters))


def _looks_up(passdb: Passdb, holds: HoldSettings) -> bool:
    return passdb.args.startswith(f"{holds.path}/")


def _cache(settings: Mapping[str, str]) -> Iterator[Finding]:
    if settings.get("auth_cache_size", "0") in _NO:
        yield Finding(Code.NO_CACHE, Level.WARNING)
        return
    lasts = settings.get("auth_cache_negative_ttl", "0")
    if lasts.split()[0] not in _NO:
        where = f"auth_cache_negative_ttl = {lasts}"
        yield Finding(Code.NEGATIVE_CACHE, Level.WARNING, where)


def _ways_around(facts: DovecotFacts) -> Iterator[Finding]:
    if facts.hibernates:
        lasts = facts.settings.get("imap_hibernate_timeout", "")
        yield Finding(Code.HIBERNATION, Level.WARNING, f"imap_hibernate_timeout = {lasts}")
    if facts.penalty:
        yield Finding(Code.PENALTY, Level.WARNING)
    if facts.plugins & {"acl", "imap_acl"}:
        yield Finding(Code.ACL, Level.WARNING)
    if others := sorted(facts.namespaces & _OTHERS):
        yield Finding(Code.SHARED_FOLDERS, Level.WARNING, " and ".join(others))
    if facts.settings.get("imap_urlauth_host"):
        yield Finding(Code.URLAUTH, Level.WARNING)
    if replicates := sorted(facts.plugins & _REPLICATION):
        yield Finding(Code.REPLICATION, Level.WARNING, ", ".join(replicates))
    proxies = [one.driver for one in facts.passdbs if "proxy" in one.fields]
    if facts.settings.get("director_servers"):
        proxies.append("director_servers")
    if proxies:
        yield Finding(Code.DIRECTOR, Level.WARNING, ", ".join(proxies))


def _untried(settings: Mapping[str, str], doors: Sequence[Door]) -> Iterator[Finding]:
    tried = {one.protocol for one in doors}
    spoken = settings.get("protocols", "").split()
    for name in spoken:
        if name in _TRIED and _TRIED[name] not in tried:
            yield Finding(Code.NO_DOOR, Level.UNPROVEN, name)
    if "submission" in spoken and Protocol.SUBMISSION not in tried:
        yield Finding(Code.NO_DOOR, Level.UNPROVEN, "submission")


def _service(service: SmtpService, holds: HoldSettings) -> Iterator[Finding]:
    if service.settings.get("smtpd_sasl_auth_enable") != "yes":
        return
    where = f"{service.name} of master.cf"
    if service.type != "inet":
        yield Finding(Code.NOT_REACHABLE, Level.UNPROVEN, where)
    sender = reach(_SENDER, service.settings, holds.path)
    end = reach(_END, service.settings, holds.path)
    if Reach.ALWAYS not in (sender, end):
        code = Code.NO_CHECK if sender is end is Reach.NEVER else Code.LATE_CHECK
        yield Finding(code, Level.FAULT, where)
        return
    if Reach.PERHAPS in (sender, end):
        yield Finding(Code.LATE_CHECK, Level.WARNING, where)
    if sender is Reach.NEVER:
        yield Finding(Code.NO_SENDER_CHECK, Level.WARNING, where)
    if end is Reach.NEVER:
        yield Finding(Code.NO_END_CHECK, Level.WARNING, where)


def _trusts_networks(service: SmtpService) -> bool:
    names = (
        "smtpd_relay_restrictions",
        "smtpd_recipient_restrictions",
        "smtpd_client_restrictions",
    )
    return any(
        "permit_mynetworks" in expanded(service.settings.get(name, ""), service.settings)
        for name in names
    )


def _wide(mynetworks: str) -> list[str]:
    """Give the networks of a list that are more than this host; tables are taken for more."""
    return [
        one
        for one in mynetworks.replace(",", " ").split()
        if not one.startswith("!") and not _is_local(one)
    ]


def _is_local(network: str) -> bool:
    bare = network.replace("[", "").replace("]", "")
    try:
        return ipaddress.ip_network(bare, strict=False).is_loopback
    except ValueError:
        return False
