"""Names of accounts as people write them."""

from collections.abc import Sequence

from postwarden.cases.errors import Refused
from postwarden.cases.rules import Code, Refusal
from postwarden.cases.text import kept
from postwarden.people.service import IDENTITY
from postwarden.vocabulary import normal


def account_of(text: str) -> str:
    """Give the name of an account in normal form.

    Raises:
        Refused: it is what the ledger calls somebody who works here: entries about one would be theirs.
    """
    name = kept(normal(text))
    if name.startswith(IDENTITY):
        raise Refused(Refusal(Code.SOMEBODY_HERE, name))
    return name


def named(accounts: Sequence[str]) -> tuple[str, ...]:
    """Give names of accounts in normal form, sorted, each once. Raises as `account_of`."""
    return tuple(sorted({*map(account_of, accounts)}))
