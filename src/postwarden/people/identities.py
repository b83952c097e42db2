"""Those who work with Postwarden: adding them, their roles and their keys."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import IntegrityError, connection, transaction

from postwarden.people.errors import BadKey, LastManager, NameTaken, NotAllowed, UnknownIdentity
from postwarden.people.models import Identity, KeyRow, RoleRow
from postwarden.people.ports import Record
from postwarden.people.rules import (
    EVERYWHERE,
    ITSELF,
    Grant,
    Permission,
    Role,
    allows,
    organisations_for,
)
from postwarden.people.signatures import check, fingerprint, public_key
from postwarden.state.service import Prepared
from postwarden.vocabulary import Moment, said


@dataclass(frozen=True, slots=True)
class Key:
    """A personal key: `ssh-ed25519 BASE64`, and until when signatures of it count."""

    public: str
    fingerprint: str
    enrolled_at: Moment
    revoked_at: Moment | None


_LACKS = said("{name} may not do this: it needs {permission}")
_LACKS_THERE = said("{name} may not do this for {organisation}: it needs {permission}")


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works with Postwarden.

    Attributes:
        name: short and unique, such as "anna".
        full_name: for people.
        active: may still act.
        grants: roles held.
        keys: oldest first, revoked ones too.
        scope: who acts by a token has no other permissions than these; None for one's own hands.
        token: the number of that token; None for one's own hands.
        zone: that times are shown to them in, such as "Europe/Amsterdam"; "": the provider's.
        language: that they read, such as "nl"; "": their browser's.
    """

    name: str
    full_name: str
    active: bool
    grants: tuple[Grant, ...]
    keys: tuple[Key, ...]
    scope: frozenset[Permission] | None = None
    zone: str = ""
    language: str = ""
    token: int | None = None

    def allowed(self, permission: Permission, organisation: str = EVERYWHERE) -> None:
        """Raise `NotAllowed` unless the roles allow it, and the scope."""
        if not self._in_scope(permission):
            raise NotAllowed(
                said(
                    "{name} may not do this: the token's scope lacks {permission}",
                    name=self.name,
                    permission=permission,
                )
            )
        if not self.active or not allows(self.grants, permission, organisation):
            needs = _LACKS_THERE if organisation else _LACKS
            raise NotAllowed(
                needs.about(name=self.name, permission=permission, organisation=organisation)
            )

    def organisations(self, permission: Permission) -> frozenset[str] | None:
        """Give the organisations that something is allowed for; None for all of them."""
        if not self.active or not self._in_scope(permission):
            return frozenset()
        return organisations_for(self.grants, permission)

    def _in_scope(self, permission: Permission) -> bool:
        return self.scope is None or permission in self.scope


_BY_NAME = Prepared(lambda name: Identity.objects.filter(name=name))
_ROLES = Prepared(lambda number: RoleRow.objects.filter(identity=number))
_KEYS = Prepared(lambda number: KeyRow.objects.filter(identity=number))


def member(name: str) -> Member:
    """Give somebody by name; raise `UnknownIdentity`."""
    row = _BY_NAME.first(name)
    if row is None:
        raise UnknownIdentity(
            said("{name}: nobody of that name works here; `postwarden person add`", name=name)
        )
    return read(row)


def read(row: Identity) -> Member:
    """Give somebody as they are kept: their roles and keys are read now."""
    return _frozen(row, _ROLES(row.pk), _KEYS(row.pk))


def members() -> list[Member]:
    """Give everybody, by name; those who left too."""
    rows = Identity.objects.prefetch_related("roles", "keys").order_by("name")
    return [frozen(row) for row in rows]


def add(
    name: str, full_name: str, grants: Iterable[Grant], actor: str, record: Record, now: Moment
) -> Member:
    """Add somebody. The first one may add themselves; they need a role that can add others.

    Raises:
        NotAllowed: the actor may not, or the first one could not add anybody else.
        NameTaken: there is somebody of that name, or it is what the record calls Postwarden itself.
    """
    if name == ITSELF:
        raise NameTaken(
            said("{name}: is what the record calls Postwarden itself; take another", name=name)
        )
    given = tuple(dict.fromkeys(grants))
    with transaction.atomic():
        if Identity.objects.exists():
            member(actor).allowed(Permission.PERSON_MANAGE)
        elif not allows(given, Permission.PERSON_MANAGE, EVERYWHERE):
            raise NotAllowed(
                said(
                    "{name}: the first one must be {one} or {other}",
                    name=name,
                    one=Role.POSTMASTER,
                    other=Role.OFFICER,
                )
            )
        try:
            with transaction.atomic():
                row = Identity.objects.create(name=name, full_name=full_name)
        except IntegrityError:
            raise NameTaken(said("{name}: there is somebody of that name", name=name)) from None
        for grant in given:
            RoleRow.objects.create(identity=row, role=grant.role, organisation=grant.organisation)
        detail = {"name": name, "roles": [list(grant) for grant in given]}
        record("person.added", actor, name, detail, now)
    return member(name)


def colleagues(who: Member) -> list[Member]:
    """Give those that somebody manages, by name: all, or who has a role for one of their organisations.

    Raises:
        NotAllowed: they manage nobody.
    """
    there = who.organisations(Permission.PERSON_MANAGE)
    if there is not None and not there:
        who.allowed(Permission.PERSON_MANAGE)
    return [
        one
        for one in members()
        if there is None or any(grant.organisation in there for grant in one.grants)
    ]


def settle(name: str, zone: str, language: str, record: Record, now: Moment) -> None:
    """Keep how somebody wants to read: their own doing; "" for what they do not mind.

    Raises:
        UnknownIdentity: nobody has that name.
    """
    with transaction.atomic():
        member(name)
        Identity.objects.filter(name=name).update(zone=zone, language=language)
        record("person.settled", name, name, {"zone": zone, "language": language}, now)


def retire(name: str, actor: str, record: Record, now: Moment) -> None:
    """Let somebody act no more; keys count no more from now on.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: the actor may not.
        LastManager: nobody would be left who manages people of all organisations.
    """
    with transaction.atomic():
        one_at_a_time()
        member(actor).allowed(Permission.PERSON_MANAGE)
        member(name)
        Identity.objects.filter(name=name).update(is_active=False)
        somebody_manages()
        KeyRow.objects.filter(identity__name=name, revoked_at=None).update(revoked_at=now)
        record("person.retired", actor, name, {}, now)


def somebody_manages() -> None:
    """See, in the transaction of a change, that it left somebody who manages people; raise `LastManager`."""
    if not any(one.organisations(Permission.PERSON_MANAGE) is None for one in members()):
        raise LastManager(
            said("nobody else could manage people then: let somebody else do it first")
        )


def one_at_a_time() -> None:
    """Wait for others who take roles away, or let people go: two of them could leave nobody."""
    if connection.features.has_select_for_update:
        list(Identity.objects.select_for_update().order_by("pk").values_list("pk", flat=True))


def challenge(name: str, public: str) -> bytes:
    """Give the words whose signature proves that somebody has the key's other half."""
    return f"postwarden: {name} enrols {fingerprint(public_key(public))}\n".encode()


def enrol(name: str, public: str, signature: str, actor: str, record: Record, now: Moment) -> Key:
    """Take a key as somebody's own, proven by a signature over `challenge`.

    Their own key they enrol themselves; for others it takes a role.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: the actor may not.
        BadKey: it cannot be used, or somebody has it already.
    """
    key = public_key(public)
    check(challenge(name, key), signature, key)
    with transaction.atomic():
        whose = member(name)
        if actor != name:
            member(actor).allowed(Permission.PERSON_MANAGE)
        if not whose.active:
            raise NotAllowed(said("{name} acts no more", name=name))
        if KeyRow.objects.filter(fingerprint=fingerprint(key)).exists():
            raise BadKey(said("{key}: is enrolled already", key=fingerprint(key)))
        KeyRow.objects.create(
            identity=Identity.objects.get(name=name),
            public=key,
            fingerprint=fingerprint(key),
            enrolled_at=now,
        )
        record("person.enrolled", actor, name, {"key": key}, now)
    return member(name).keys[-1]


def revoke_key(name: str, mark: str, actor: str, record: Record, now: Moment) -> None:
    """Let a key count no more from now on: what it signed before stays on record, and allows nothing new.

    Args:
        name: whose.
        mark: the key's fingerprint.
        actor: who says so: its owner, or who manages people.
        record: writes the ledger.
        now: when.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: the actor may not.
        BadKey: they have no such key, or it was revoked before.
    """
    with transaction.atomic():
        may_revoke_of(name, actor)
        rows = KeyRow.objects.filter(identity__name=name, fingerprint=mark, revoked_at=None)
        if not rows.update(revoked_at=now):
            raise BadKey(
                said(
                    "{mark}: {name} has no such key, or it was revoked before", mark=mark, name=name
                )
            )
        record("person.key-revoked", actor, name, {"key": mark}, now)


def may_revoke_of(name: str, actor: str) -> None:
    """See that somebody may end what lets another one in or acts for them: it is their own, or they manage people.

    Raises:
        UnknownIdentity: nobody has that name.
        NotAllowed: the actor may not.
    """
    member(name)
    if actor != name:
        member(actor).allowed(Permission.PERSON_MANAGE)


def frozen(row: Identity) -> Member:
    """Give somebody as they are kept, of rows that were read together with their roles and keys."""
    return _frozen(row, row.roles.all(), row.keys.all())


def _frozen(row: Identity, roles: Iterable[RoleRow], keys: Iterable[KeyRow]) -> Member:
    grants = sorted(Grant(Role(one.role), one.organisation) for one in roles)
    known = sorted(keys, key=lambda one: (one.enrolled_at, one.pk))
    return Member(
        row.name,
        row.full_name,
        row.is_active,
        tuple(grants),
        tuple(Key(one.public, one.fingerprint, one.enrolled_at, one.revoked_at) for one in known),
        zone=row.zone,
        language=row.language,
    )
