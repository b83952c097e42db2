"""The one place that joins doors (servers/) to the rooms' ports.

Doors and rooms are imported where they are opened: a command loads only what it needs, and rooms with
tables can be imported only once Django is set up.
"""

import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from postwarden.configuration import Configuration

if TYPE_CHECKING:
    from postwarden.cases.service import Desk
    from postwarden.custody.service import Quarantine
    from postwarden.evidence.service import Sources
    from postwarden.glass.service import Fetcher
    from postwarden.holds.doctor.service import DoctorSettings, Door, Drill, Finding
    from postwarden.holds.doctor.service import Servers as DoctorServers
    from postwarden.holds.service import HoldDesk, Languages, MailControl, Webmail
    from postwarden.hooks.service import Hooks, Teller
    from postwarden.ledger.service import Anchor, Ledger
    from postwarden.ledger.settings import AnchorSettings
    from postwarden.people.service import Member, Persons, Record
    from postwarden.relocation.service import (
        Absence,
        Filing,
        Original,
        Outside,
        RepairDesk,
        RestoreDesk,
        Route,
        Wanted,
    )
    from postwarden.verdicts.service import Installation, Repairs
    from postwarden.vocabulary import Moment


def sources(configuration: Configuration) -> "Sources":
    """Give everything a scan reads, each by its door."""
    from postwarden.evidence.service import Sources  # noqa: PLC0415  # see the module
    from postwarden.servers.doveadm import DoveadmServer  # noqa: PLC0415
    from postwarden.servers.ldap import LdapServer  # noqa: PLC0415
    from postwarden.servers.sql import SqlServer  # noqa: PLC0415

    return Sources(
        provider=configuration.provider,
        home_domain=configuration.home_domain,
        base=configuration.base,
        stores=configuration.stores,
        directories=configuration.directories,
        logs=configuration.logs,
        tables={"sql": SqlServer(), "ldap": LdapServer()},
        mail=DoveadmServer(),
    )


def installation(configuration: Configuration) -> "Installation":
    """Give what verdicts need to know of the provider."""
    from postwarden.state.service import is_there  # noqa: PLC0415  # see the module
    from postwarden.verdicts.service import NO_REPAIRS, Installation  # noqa: PLC0415

    return Installation(
        provider=configuration.provider,
        home_domain=configuration.home_domain,
        master_users=configuration.evidence.master_users,
        repairs=_repairs(configuration) if is_there(configuration.state) else NO_REPAIRS,
    )


def _repairs(configuration: Configuration) -> "Repairs":
    book = ledger(configuration)
    from postwarden.relocation.drafting.service import repairs  # noqa: PLC0415  # has models: after set_up

    return repairs(book)


def ledger(configuration: Configuration) -> "Ledger":
    """Open the state and give its ledger.

    Raises:
        StateError: the state cannot be used.
        KeysMissing: the keys beside it are not its own.
    """
    from postwarden.state.service import open_state, set_up  # noqa: PLC0415

    set_up()
    open_state(configuration.state)
    from postwarden.ledger.service import Ledger  # noqa: PLC0415  # has models: after set_up

    return Ledger(configuration.state.path, configuration.ledger.name)


def case_desk(configuration: Configuration) -> "Desk":
    """Open the state and give what cases are worked on with; raises as `ledger`."""
    book = ledger(configuration)
    from postwarden.cases.service import Desk  # noqa: PLC0415  # has models: after set_up
    from postwarden.custody.service import PlansOfCases, QuarantineOfCases  # noqa: PLC0415  # likewise
    from postwarden.holds.service import HoldContribution  # noqa: PLC0415  # likewise
    from postwarden.relocation.service import RepairsOfCases  # noqa: PLC0415  # likewise

    rooms = (PlansOfCases(), QuarantineOfCases(), HoldContribution(book), RepairsOfCases())
    return Desk(book, configuration.organisations, rooms)


def persons(configuration: Configuration) -> "Persons | None":
    """Give what looks up the people behind accounts; None without a [people] section."""
    settings = configuration.people
    if settings is None:
        return None
    if settings.format == "csv":
        from postwarden.servers.csv.persons import CsvPersons  # noqa: PLC0415  # see the module

        return CsvPersons(settings)
    if settings.format == "sql":
        from postwarden.servers.sql.persons import SqlPersons  # noqa: PLC0415  # slow to load

        return SqlPersons(settings)
    from postwarden.servers.ldap.persons import LdapPersons  # noqa: PLC0415  # likewise

    return LdapPersons(settings)


def hold_desk(configuration: Configuration, *, carries: bool = True) -> "HoldDesk":
    """Open the state and give what accounts are held with; raises as `ledger`.

    Args:
        configuration: of the installation.
        carries: as `HoldDesk` has it.
    """
    desk = case_desk(configuration)
    from postwarden.holds.service import HoldDesk  # noqa: PLC0415  # has models: after set_up

    holds = configuration.holds
    languages = _languages(configuration)
    return HoldDesk(desk, holds.path, languages, holds.remind_hours, carries=carries)


def quarantine(configuration: Configuration, book: "Ledger") -> "Quarantine":
    """Give what keeps removed copies, with the ledger of the state that is open."""
    from postwarden.custody.service import Quarantine  # noqa: PLC0415  # has models: after set_up

    return Quarantine(book, configuration.quarantine, _preserving)


def _preserving(case: str, names: Sequence[str]) -> Collection[str]:
    """Give what a legal preservation covers: of the case, or of the account that a copy was taken from."""
    from postwarden.cases.service import NoSuchCase, references  # noqa: PLC0415  # after set_up
    from postwarden.holds.service import preserved, preserves  # noqa: PLC0415  # likewise
    from postwarden.relocation.service import taken_from  # noqa: PLC0415  # likewise

    try:
        cases = references(case)
    except NoSuchCase:
        cases = (case,)
    if preserves(cases):
        return names
    taken = taken_from(cases, names)
    covered = preserved({account for _, account in taken})
    return {name for name, account in taken if account in covered}


def _languages(configuration: Configuration) -> "Languages":
    people = persons(configuration)

    def languages(accounts: Collection[str]) -> Mapping[str, str]:
        if people is None:
            return {}
        from postwarden.sources.service import SourceError  # noqa: PLC0415  # slow to load

        try:
            return {account: one.language for account, one in people.of(list(accounts)).items()}
        except SourceError:
            return {}  # a hold does not wait for them: the organisation's language will do

    return languages


def mail_control(configuration: Configuration) -> "MailControl | None":
    """Give what acts on live sessions and filters; None where no Dovecot is named."""
    from postwarden.servers.dovecot import DovecotControl  # noqa: PLC0415  # see the module

    dovecots = configuration.holds.dovecots
    return DovecotControl(dovecots) if dovecots else None


def drill(
    configuration: Configuration,
    settings: "DoctorSettings",
    who: "Callable[[], Member]",
    clock: "Callable[[], Moment]",
) -> "Drill":
    """Open the state and give what holds and releases the throw-away account; raises as `ledger`.

    Args:
        configuration: of the installation.
        settings: its [doctor] section.
        who: gives who runs it, once the state is open.
        clock: gives the present.
    """
    desk = hold_desk(configuration)
    from postwarden.holds.doctor.service import Drill  # noqa: PLC0415  # has models: after set_up

    folder, languages = configuration.holds.path, _languages(configuration)
    return Drill(desk, folder, settings.account, who(), clock, languages)


def doctor_servers(configuration: Configuration, settings: "DoctorSettings") -> "DoctorServers":
    """Give the doors by which the doctor tries the servers."""
    from postwarden.holds.doctor.service import Servers  # noqa: PLC0415  # see the module
    from postwarden.servers.dovecot import DovecotMailboxes  # noqa: PLC0415
    from postwarden.servers.postfix import PostfixQueue  # noqa: PLC0415
    from postwarden.servers.probes import MailPrograms  # noqa: PLC0415

    dovecots = configuration.holds.dovecots
    return Servers(
        clients=MailPrograms(),
        control=mail_control(configuration),
        mailboxes=DovecotMailboxes(dovecots[0]) if dovecots else None,
        queue=None if settings.postfix is None else PostfixQueue(settings.postfix),
    )


def doctor_findings(
    configuration: Configuration, settings: "DoctorSettings"
) -> "tuple[Sequence[Door], Sequence[Finding]]":
    """Look at the servers' settings; give the doors to try, those of master.cf too, and what was found.

    Raises:
        DovecotMissing: Dovecot's settings cannot be read.
        PostfixMissing: Postfix's likewise.
    """
    from postwarden.holds.doctor import service as doctor  # noqa: PLC0415  # see the module
    from postwarden.holds.file import projection_file, rights  # noqa: PLC0415
    from postwarden.servers.dovecot import dovecot_facts  # noqa: PLC0415
    from postwarden.servers.postfix import postfix_doors, postfix_facts  # noqa: PLC0415

    holds = configuration.holds
    dovecot = None if settings.dovecot is None else dovecot_facts(settings.dovecot)
    postfix = None if settings.postfix is None else postfix_facts(settings.postfix)
    doors = settings.doors if postfix is None else postfix_doors(postfix, settings.doors)
    projection = doctor.ProjectionFacts(*rights(holds.path))
    return doors, [
        *doctor.dovecot_findings(dovecot, holds, doors),
        *doctor.postfix_findings(postfix, holds, doors),
        *doctor.projection_findings(projection, projection_file(holds.path)),
        *doctor.never_covered(),
    ]


def webmails(configuration: Configuration) -> "Webmail | None":
    """Give what tells webmails of holds; None where none is named."""
    from postwarden.servers.webmail import WebmailHooks  # noqa: PLC0415  # see the module

    named = configuration.holds.webmails
    return WebmailHooks(named) if named else None


def hooks(configuration: Configuration, holds: "HoldDesk") -> "Hooks":
    """Give what other programs are told with, in the state that is open."""
    from postwarden.hooks.service import Hooks  # noqa: PLC0415  # has models: after set_up

    desk = holds.desk
    return Hooks(desk, holds.plans, recorder(desk.ledger), configuration.hooks)


def teller(
    configuration: Configuration, holds: "HoldDesk", clock: "Callable[[], Moment]"
) -> "Teller":
    """Give what tells other programs, in the state that is open."""
    from postwarden.hooks.service import Teller  # noqa: PLC0415  # has models: after set_up
    from postwarden.servers.webhooks import HttpSender  # noqa: PLC0415  # likewise

    sender = HttpSender(internal=configuration.hooks.internal)
    return Teller(hooks(configuration, holds), sender, clock)


def recorder(book: "Ledger") -> "Record":
    """Give what writes the acts of people into a ledger; each identity has a key of its own there."""
    from postwarden.ledger.service import Entry  # noqa: PLC0415  # has models: after set_up
    from postwarden.people.service import IDENTITY  # noqa: PLC0415  # likewise

    def record(act: str, actor: str, person: str, detail: Mapping[str, Any], now: "Moment") -> None:
        book.append([Entry(act, actor, person=f"{IDENTITY}{person}", detail=detail)], now)

    return record


def anchors(configuration: Configuration) -> "list[Anchor]":
    """Give the places outside that keep tree heads."""
    return [_anchor(settings) for settings in configuration.ledger.anchors]


def _anchor(settings: "AnchorSettings") -> "Anchor":
    from postwarden.ledger.service import FileAnchor  # noqa: PLC0415  # has models: after set_up
    from postwarden.servers.anchors import (  # noqa: PLC0415
        HttpAnchor,
        SshAnchor,
        StampedAnchor,
    )

    if settings.tsa is not None:
        return StampedAnchor(settings.tsa, settings.certificates or "", settings.file or "")
    if settings.file is not None:
        return FileAnchor(settings.file)
    if settings.url is not None:
        return HttpAnchor(settings.url)
    return SshAnchor(settings.ssh or "", settings.path or "")


def routes(configuration: Configuration) -> "dict[str, Route]":
    """Give the ways to put copies where they belong, by store; stores without one are left out."""
    from postwarden.relocation.service import BY_LMTP  # noqa: PLC0415  # after set_up
    from postwarden.servers.dovecot import dovecot_route  # noqa: PLC0415  # likewise
    from postwarden.servers.lmtp import LmtpRoute  # noqa: PLC0415  # likewise
    from postwarden.servers.maildir import MaildirRoute  # noqa: PLC0415  # likewise

    provider = configuration.provider
    hosts = frozenset(map(str.lower, provider.hosts))
    backends = {one.name: dovecot_route(one, hosts) for one in configuration.relocation.backends}
    found: dict[str, Route] = {}
    for store in configuration.stores:
        backend = configuration.relocation.of_store(store.name)
        if backend is not None:
            found[store.name] = backends[backend.name]
        elif store.driver == "maildir":
            here = socket.gethostname()
            found[store.name] = MaildirRoute(store, hosts, provider.separator, here)
    if configuration.relocation.lmtp is not None:
        found[BY_LMTP] = LmtpRoute(*configuration.relocation.lmtp)
    return found


def repair_desk(configuration: Configuration, clock: "Callable[[], Moment]") -> "RepairDesk":
    """Open the state and give what copies are put where they belong with; raises as `ledger`."""
    holds = hold_desk(configuration)
    from postwarden.relocation.service import RepairDesk  # noqa: PLC0415  # after set_up

    box = quarantine(configuration, holds.desk.ledger)
    return RepairDesk(holds.desk, holds.plans, box, _outside(configuration, holds, clock))


def fetcher(configuration: Configuration, desk: "Desk", clock: "Callable[[], Moment]") -> "Fetcher":
    """Give what fetches one message once two people agreed; the state is open."""
    from postwarden.glass.service import Fetcher  # noqa: PLC0415  # after set_up
    from postwarden.relocation.service import PermanentRouteError  # noqa: PLC0415  # likewise

    def read(store: str, wanted: "Wanted") -> "Original | Absence":
        route = routes(configuration).get(store)
        if route is None:
            raise PermanentRouteError(f"{store}: there is no way to this store to read by")
        return next(found for _, found in route.read([wanted]))

    return Fetcher(desk, read, clock)


def restore_desk(configuration: Configuration, clock: "Callable[[], Moment]") -> "RestoreDesk":
    """Open the state and give what copies are put back with; raises as `ledger`."""
    holds = hold_desk(configuration)
    from postwarden.relocation.service import RestoreDesk  # noqa: PLC0415  # after set_up

    box = quarantine(configuration, holds.desk.ledger)
    return RestoreDesk(holds.desk, holds.plans, box, _outside(configuration, holds, clock))


def _filing(configuration: Configuration, holds: "HoldDesk") -> "Filing":
    """Ask the first Dovecot of holds for scripts, or else that of the first backend."""
    from postwarden.relocation.service import PermanentRouteError  # noqa: PLC0415  # after set_up
    from postwarden.servers.dovecot import DovecotScripts  # noqa: PLC0415  # likewise
    from postwarden.servers.sieve import SieveFiling  # noqa: PLC0415  # likewise

    asked = [(one.url, one.api_key) for one in configuration.holds.dovecots]
    asked += [(one.url, one.api_key) for one in configuration.relocation.backends]
    if asked:
        return SieveFiling(DovecotScripts(*asked[0], holds.suspended_filter))

    def nobody(_store: str, _account: str) -> str | None:
        raise PermanentRouteError(
            'arrives = "sieve" needs a Dovecot to ask: add [[holds.dovecot]] with url and api_key'
        )

    return SieveFiling(nobody)


def _outside(
    configuration: Configuration, holds: "HoldDesk", clock: "Callable[[], Moment]"
) -> "Outside":
    from postwarden.relocation.service import Outside  # noqa: PLC0415  # after set_up
    from postwarden.sources.service import header_hash  # noqa: PLC0415  # see the module

    hosts = frozenset(map(str.lower, configuration.provider.hosts))
    return Outside(
        routes=routes(configuration),
        preserved=holds.preserved,
        filing=_filing(configuration, holds),
        header=lambda content: header_hash(content, hosts),
        clock=clock,
        folder=configuration.state.path,
    )
