"""Which rightful accounts ever held a message, also where they have deleted it since: the logs tell."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from postwarden.evidence.service import Engine
from postwarden.sources.service import DeliveryRecord
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.facts import Proof
from postwarden.verdicts.findings import Finding
from postwarden.verdicts.queuefiles import AccountOf, QueueFiles

_STORED = ("saved", "sent")
_SAVED = f"delivered-{Proof.STORAGE_ID}"


class Stored(NamedTuple):
    """A stored copy: whose, and of which Message-ID."""

    account: str
    message_id: str


def ever_held(
    engine: Engine, destinations: Destinations, findings: Sequence[Finding]
) -> Mapping[str, frozenset[str]]:
    """Give, by finding, those of its rightful accounts to which its message was delivered as well.

    Args:
        engine: of the snapshot.
        destinations: of the examination.
        findings: misdelivered ones, all of them.
    """
    asked = sorted({one.message_id for one in findings if one.message_id})
    if not asked:
        return {}
    named = engine.named("message_id", asked)
    deliveries = engine.tables["deliveries"]
    lines = deliveries.filter(deliveries.status.isin(_STORED)).semi_join(named, "message_id")
    copies = engine.tables["copies"].semi_join(named, "message_id")
    return held(
        findings,
        engine.records(lines, DeliveryRecord),
        engine.records(copies, Stored),
        destinations.account_of,
    )


def held(
    findings: Sequence[Finding],
    lines: Iterable[DeliveryRecord],
    copies: Iterable[Stored],
    account_of: AccountOf,
) -> Mapping[str, frozenset[str]]:
    """Decide it (pure).

    A line counts where it is of the wrong copy's queue file, or of one that went on as that or that it
    went on as: a Message-ID is its sender's, and anybody may send another message with it. Of what came
    by LMTP Dovecot's line counts, for Postfix does not see whose mailbox was opened. None counts that
    may be the wrong copy's own: of accounts that hold a wrong one, and where a holder has more copies
    than lines, so that somebody else's delivery brought one of them. Copies whose very file a line has as
    saved for their holder count as one: more of them are the holder's doing.
    """
    by_message: defaultdict[str, list[DeliveryRecord]] = defaultdict(list)
    for line in lines:
        by_message[line.message_id or ""].append(line)
    wrong: defaultdict[str, set[str]] = defaultdict(set)
    for one in findings:
        wrong[one.message_id or ""].add(one.account)
    files = {name: QueueFiles(theirs) for name, theirs in by_message.items()}
    stored = Counter(copies)
    saved = Counter(Stored(one.account, one.message_id or "") for one in findings if _is_saved(one))
    found = {}
    for one in findings:
        name = one.message_id or ""
        brought: Counter[str] = Counter()
        if name and one.queue_id and name in files:
            brought = files[name].brought(one.queue_id, account_of)
        place = Stored(one.account, name)
        many = max(stored[place] - max(saved[place] - 1, 0), 1)
        theirs = set(one.rightful) & brought.keys() if brought[one.account] >= many else set()
        found[one.id] = frozenset(theirs - wrong[name])
    return found


def _is_saved(finding: Finding) -> bool:
    """Tell whether a line says that this very file was saved for the account that it lies with."""
    told = ("account", finding.account)
    return any(one.code == _SAVED and told in one.values for one in finding.reasons)
