"""Every key of a directory with every account that it reaches, as rows for a database."""

from collections.abc import Iterable, Iterator
from itertools import islice

from postwarden.sources.directory.resolution import Resolution, Step
from postwarden.sources.directory.resolver import Resolver
from postwarden.sources.records import DirectoryRecord
from postwarden.vocabulary import Moment

_BATCH = 10_000


def closure(
    resolver: Resolver,
    keys: Iterable[str],
    directory: int = 0,
    valid_from: Moment | None = None,
    valid_to: Moment | None = None,
) -> Iterator[DirectoryRecord]:
    """Give one record for each account that each key reaches.

    Args:
        resolver: of the directory.
        keys: literal keys of aliases and accounts, "@domain" among them; no patterns.
        directory: index of the [[directories]] entry.
        valid_from: from when the directory is intended.
        valid_to: before when.
    """
    rest = iter(keys)
    while batch := list(islice(rest, _BATCH)):
        for resolution in resolver.resolve(batch).values():
            entitled = dict.fromkeys((*resolution.accounts, *resolution.bcc_accounts))
            for account in entitled:
                chain = resolution.chain_to(account)
                yield DirectoryRecord(
                    address=resolution.address,
                    account=account,
                    chain=_text(resolution.address, chain),
                    via=_via(resolution, account, chain),
                    valid_from=valid_from,
                    valid_to=valid_to,
                    directory=directory,
                    file=chain[0].file,
                    line=chain[0].line,
                )


def _text(address: str, chain: tuple[Step, ...]) -> str:
    places = [address, *(step.target for step in chain)]
    if len(places) > 1 and places[-1] == places[-2]:
        places.pop()
    return " > ".join(places)


def _via(resolution: Resolution, account: str, chain: tuple[Step, ...]) -> str:
    if account not in resolution.accounts:
        return "bcc"
    kinds = {step.via for step in chain}
    if "catch-all" in kinds:
        return "catch-all"
    if kinds == {"account"}:
        return "account"
    members = len(resolution.accounts) + len(resolution.outside) + len(resolution.commands)
    return "group" if members > 1 else "alias"
