"""The one door of this room."""

from postwarden.custody.checking import forged
from postwarden.custody.contribution import PlansOfCases
from postwarden.custody.errors import CustodyError, NoSuchPlan, Refused
from postwarden.custody.plans import Plans
from postwarden.custody.rules import Act, Approval, Kind, Mismatch, Plan, Refusal, Stage, consent
from postwarden.custody.seeing import Seen

__all__ = [
    "Act",
    "Approval",
    "CustodyError",
    "Kind",
    "Mismatch",
    "NoSuchPlan",
    "Plan",
    "Plans",
    "PlansOfCases",
    "Refusal",
    "Refused",
    "Seen",
    "Stage",
    "consent",
    "forged",
]
