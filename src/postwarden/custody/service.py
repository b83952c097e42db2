"""The one door of this room."""

from postwarden.custody.acts import Act, Kind, accounts_of
from postwarden.custody.checking import forged
from postwarden.custody.contribution import PlansOfCases
from postwarden.custody.errors import (
    BadRecipient,
    CustodyError,
    KeyDestroyed,
    NoSuchPlan,
    ObjectChanged,
    ObjectMissing,
    Preserved,
    QuarantineError,
    Refused,
    SealerLost,
    WrongIdentity,
)
from postwarden.custody.plans import Plans
from postwarden.custody.quarantine.checking import Checked
from postwarden.custody.quarantine.contribution import QuarantineOfCases
from postwarden.custody.quarantine.emptying import How
from postwarden.custody.quarantine.listing import CaseKey, Held
from postwarden.custody.quarantine.opening import Opened
from postwarden.custody.quarantine.sealing import Sealer, sealing
from postwarden.custody.quarantine.service import Quarantine
from postwarden.custody.quarantine.values import Kept, Stored
from postwarden.custody.rules import Approval, Mismatch, Plan, Refusal, Stage, consent
from postwarden.custody.seeing import Place, PlansWanted, Seen
from postwarden.custody.standing import Standing

__all__ = [
    "Act",
    "Approval",
    "BadRecipient",
    "CaseKey",
    "Checked",
    "CustodyError",
    "Held",
    "How",
    "Kept",
    "KeyDestroyed",
    "Kind",
    "Mismatch",
    "NoSuchPlan",
    "ObjectChanged",
    "ObjectMissing",
    "Opened",
    "Place",
    "Plan",
    "Plans",
    "PlansOfCases",
    "PlansWanted",
    "Preserved",
    "Quarantine",
    "QuarantineError",
    "QuarantineOfCases",
    "Refusal",
    "Refused",
    "Sealer",
    "SealerLost",
    "Seen",
    "Stage",
    "Standing",
    "Stored",
    "WrongIdentity",
    "accounts_of",
    "consent",
    "forged",
    "sealing",
]
