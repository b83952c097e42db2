"""Which rightful accounts ever held a message, also where they have deleted it since: the logs tell."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from postwarden.evidence.service import Engine
from postwarden.sources.service import DeliveryRecord
from postwarden.verdicts.destinations import Destinations
from postwarden.verdicts.findings import Finding

_STORED = ("saved", "sent")


def ever_held(
    engine: Engine, destinations: Destinations, findings: Sequence[Finding]
) -> Mapping[str, frozenset[str]]:
    """Give, by finding, those of its rightful accounts to which its message was delivered as well.

    A delivery that is itself misdelivered is nobody's own: it is not counted where the account is
    among the wrong holders of the same message.

    Args:
        engine: of the snapshot.
        destinations: of the examination.
        findings: misdelivered ones, all of them.
    """
    wrong: defaultdict[str, set[str]] = defaultdict(set)
    asked: defaultdict[str, set[str]] = defaultdict(set)
    for one in findings:
        if one.message_id is not None:
            wrong[one.message_id].add(one.account)
            asked[one.message_id].update(one.rightful)
    got: defaultdict[str, set[str]] = defaultdict(set)
    for line in _lines(engine, asked) if asked else ():
        account = line.account or destinations.account_of(line.recipient or "", line.accepted_at)
        message = line.message_id or ""
        if account is not None and account in asked[message] - wrong[message]:
            got[message].add(account)
    return {
        one.id: frozenset(got[one.message_id or ""].intersection(one.rightful)) for one in findings
    }


def _lines(engine: Engine, messages: Iterable[str]) -> Iterable[DeliveryRecord]:
    """Give the lines that say that a message was stored with somebody of this provider."""
    lines = engine.tables["deliveries"]
    stored = lines.filter(lines.status.isin(_STORED), lines.next_queue_id.isnull())
    named = stored.semi_join(engine.named("message_id", sorted(messages)), "message_id")
    return engine.records(named, DeliveryRecord)
