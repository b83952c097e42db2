"""Which recipients of a delivery still hold their own file of it.

Copies of one LMTP transaction share their file name, so that a file in a strange home may be any
recipient's. Those who have theirs are not missing this one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pyarrow as pa

from postwarden.evidence.service import Engine
from postwarden.verdicts.deliveries import DeliveryIndex
from postwarden.verdicts.facts import Proof
from postwarden.verdicts.subjects import Subject


@dataclass(frozen=True, slots=True)
class Homes:
    """The files and the LMTP sessions of which accounts hold a copy, as far as `homes` asked."""

    files: frozenset[tuple[str, str]] = frozenset()
    sessions: frozenset[tuple[str, str]] = frozenset()

    def holds(self, account: str, subject: Subject, proof: Proof) -> bool:
        """Tell whether the account has its own file of the subject's delivery.

        By the file name where a line names the file; else by the session.
        """
        if proof is Proof.STORAGE_ID:
            return (account, subject.storage_name or "") in self.files
        return (account, subject.session_id or "") in self.sessions


def homes(engine: Engine, subjects: Iterable[Subject], index: DeliveryIndex) -> Homes:
    """Look for copies with those whom delivery lines name for files that lie with somebody else."""
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for subject in subjects:
        accounts = _others(subject, index)
        for account in accounts:
            wanted[account].add(subject.storage_name or "")
            wanted[account].add(subject.session_id or "")
    if not wanted:
        return Homes()
    copies = engine.tables["copies"].semi_join(engine.named("account", sorted(wanted)), "account")
    copies = copies.select(
        "account", "lmtp_id", base=copies.file.split("/")[-1].split(":")[0].split(",")[0]
    )
    names = sorted(set().union(*wanted.values()))
    given = engine.given({"name": pa.string()}, [(name,) for name in names])
    copies = copies.filter(copies.base.isin(given.name) | copies.lmtp_id.isin(given.name))
    rows = engine.table(copies).to_pylist()
    return Homes(
        frozenset((row["account"], row["base"]) for row in rows),
        frozenset((row["account"], row["lmtp_id"]) for row in rows if row["lmtp_id"]),
    )


def _others(subject: Subject, index: DeliveryIndex) -> Sequence[str]:
    """Give those whom Dovecot names for the subject's file or session, unless it names its holder."""
    if subject.copy is None:
        return ()
    lines = [
        *index.by_storage.get(subject.storage_name or "", ()),
        *index.by_session.get(subject.session_id or "", ()),
    ]
    accounts = {line.account for line in lines if line.server == "dovecot" and line.account}
    return () if subject.holder in accounts else tuple(accounts)
