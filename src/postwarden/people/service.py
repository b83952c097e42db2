"""The one door of this room."""

from postwarden.people.errors import (
    BadInvitation,
    BadKey,
    NameTaken,
    NotAllowed,
    PeopleError,
    UnknownIdentity,
)
from postwarden.people.identities import (
    Key,
    Member,
    add,
    challenge,
    enrol,
    member,
    members,
    retire,
)
from postwarden.people.invitations import invite, redeem
from postwarden.people.ports import Person, Persons, Record
from postwarden.people.rules import (
    EVERYWHERE,
    GRANTS,
    IDENTITY,
    ITSELF,
    Grant,
    Permission,
    Role,
    allows,
)
from postwarden.people.settings import Columns, Organisation, Organisations, PeopleSettings
from postwarden.people.signatures import (
    NAMESPACE,
    challenge_of,
    check,
    fingerprint,
    passkeys_of,
    public_key,
    written_passkey,
)

__all__ = [
    "EVERYWHERE",
    "GRANTS",
    "IDENTITY",
    "ITSELF",
    "NAMESPACE",
    "BadInvitation",
    "BadKey",
    "Columns",
    "Grant",
    "Key",
    "Member",
    "NameTaken",
    "NotAllowed",
    "Organisation",
    "Organisations",
    "PeopleError",
    "PeopleSettings",
    "Permission",
    "Person",
    "Persons",
    "Record",
    "Role",
    "UnknownIdentity",
    "add",
    "allows",
    "challenge",
    "challenge_of",
    "check",
    "enrol",
    "fingerprint",
    "invite",
    "member",
    "members",
    "passkeys_of",
    "public_key",
    "redeem",
    "retire",
    "written_passkey",
]
