"""Which files of one LMTP transaction lie in which mailbox.

They share their name, so that one in a strange home may be any recipient's; those who have theirs are
not missing this one. And several in one mailbox may be several recipients', if Dovecot's log, which
names files and mailboxes, is lost.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from postwarden.evidence.service import Engine
from postwarden.verdicts.deliveries import DeliveryIndex
from postwarden.verdicts.facts import Proof
from postwarden.verdicts.subjects import Subject


@dataclass(frozen=True, slots=True)
class Homes:
    """What accounts hold, as far as `homes` asked.

    Attributes:
        files: account and file name.
        sessions: account and LMTP session, with the names of the files.
    """

    files: frozenset[tuple[str, str]] = frozenset()
    sessions: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)

    def holds(self, account: str, subject: Subject, proof: Proof) -> bool:
        """Tell whether the account has its own file of the subject's delivery.

        By the file name where a line names the file; else by the session.
        """
        if proof is Proof.STORAGE_ID:
            return (account, subject.storage_name or "") in self.files
        return (account, subject.session_id or "") in self.sessions

    def files_of(self, subject: Subject) -> int:
        """Count the files of the subject's transaction in its mailbox; 0 where nobody asked."""
        return len(self.sessions.get((subject.holder, subject.session_id or ""), ()))


def homes(engine: Engine, subjects: Iterable[Subject], index: DeliveryIndex) -> Homes:
    """Look for copies of the subjects' transactions.

    With those whom Dovecot's lines name for files that lie with somebody else; and with the holder,
    where Dovecot names no file of a transaction with several recipients.
    """
    wanted: defaultdict[str, set[str]] = defaultdict(set)
    for subject in subjects:
        for account in _asked(subject, index):
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
    sessions: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for row in rows:
        if row["lmtp_id"]:
            sessions[row["account"], row["lmtp_id"]].add(row["base"])
    return Homes(
        frozenset((row["account"], row["base"]) for row in rows),
        {key: frozenset(names) for key, names in sessions.items()},
    )


def _asked(subject: Subject, index: DeliveryIndex) -> Sequence[str]:
    """Give those whom Dovecot names for the subject's file or session, unless it names its holder.

    Where it names no file and the session had several recipients, the holder as well.
    """
    if subject.copy is None or subject.session_id is None:
        return ()
    lines = [
        *index.by_storage.get(subject.storage_name or "", ()),
        *index.by_session.get(subject.session_id or "", ()),
    ]
    accounts = {line.account for line in lines if line.server == "dovecot" and line.account}
    if not any(line.storage_id for line in lines) and any(line.session_part for line in lines):
        accounts -= {subject.holder}
        return (subject.holder, *accounts)
    return () if subject.holder in accounts else tuple(accounts)
