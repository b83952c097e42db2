"""The end state as facts that are equal whether or not something was stopped on the way."""

import os
import sqlite3
from collections import Counter
from contextlib import closing

from crash.acts import ACCOUNTS, BEFORE
from postwarden.cases import service as cases
from postwarden.holds.file import HeldAccounts, projection_file
from postwarden.holds.models import AccountRow
from postwarden.ledger.models import EntryRow
from postwarden.people.service import member
from postwarden.state import outbox
from postwarden.state.models import EffectRow

_NOBODY = 65_534
_ONCE = ("plan.frozen", "plan.begun", "plan.done")
_OF_PERSONS = ("hold.placed", "hold.released", "hold.filters-suspended", "hold.filters-restored")


def judge(place):
    """Give the facts of an installation; what may never be is among them as a sentence."""
    desk = place.open()
    told = list(desk.desk.ledger.entries())
    asked = HeldAccounts(place.holds)
    reasons = {one: asked.reason(one) for one in (*ACCOUNTS, BEFORE)}
    asked.close()
    return {
        "held": [[one.account, one.kind, one.case] for one in desk.held()],
        "accounts": [[r.account, r.held, r.filters] for r in AccountRow.objects.order_by("pk")],
        "refused": sorted(one for one, reason in reasons.items() if reason),
        "read by others": readable(projection_file(place.holds)),
        "case": _in_case(place),
        "acts": _acts(told),
        "faults": [*_faults(desk, told, place), *_leftovers(place)],
    }


def readable(path):
    """Read the servers' file as who may not write to it; "" where everybody may."""
    if os.getuid() != 0:
        return ""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.setgroups([])
            os.setgid(os.stat(path).st_gid)
            os.setuid(_NOBODY)
            text = _read(path)
        except (OSError, sqlite3.Error) as error:
            text = repr(error)
        os.write(writer, text.encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as answer:
        text = answer.read().decode()
    os.waitpid(child, 0)
    return text


def _read(path):
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        return " ".join(
            name for (name,) in database.execute("SELECT account FROM holds ORDER BY 1")
        )


def _in_case(place):
    if not (place.folder / "told.json").exists():
        return {}
    return dict(cases.case_file(member("anna"), place.told()["case"]).case.accounts)


def _acts(told):
    """Count what was recorded of each person; of sessions, that it was."""
    counted = Counter(f"{one.act} {one.facts['person']}" for one in told if one.act in _OF_PERSONS)
    ended = {one.facts["person"] for one in told if one.act == "hold.sessions-ending"}
    return dict(sorted(counted.items())) | {f"sessions {one}": 1 for one in sorted(ended)}


def _faults(desk, told, place):
    found = []
    steps = Counter((one.act, one.facts.get("plan")) for one in told if one.act in _ONCE)
    found += [f"{act} {count} times" for (act, _), count in steps.items() if count != 1]
    plans = {one.hash for one in desk.plans.every()}
    found += [f"plan {one} is not done" for one in plans if steps["plan.done", one] != 1]
    if waiting := desk.pending():
        found.append(f"still due: {waiting}")
    if not desk.projection.check():
        found.append("the servers' file did not agree with the state")
    appended = EntryRow.objects.filter(act="crash.appended").count()
    if appended != 3 * EffectRow.objects.filter(kind="crash.state").count():
        found.append(f"{appended} entries appended")
    seen = Counter(one.facts.get("plan") for one in told if one.act == "hold.sessions-seen")
    effects = EffectRow.objects.filter(kind="holds.sessions")
    if sum(seen.values()) != effects.count():
        found.append(f"{seen} outcomes of {effects.count()} effects")
    verified = desk.desk.ledger.verify(place.anchor.read())
    found += [f"verify: {fault}" for fault in verified.faults]
    if verified.tail:
        found.append(f"{verified.tail} entries not anchored")
    if outbox.waiting(["holds.plan", "holds.sessions", "holds.filters"]):
        found.append("the outbox is not empty")
    return found


def _leftovers(place):
    return [
        f"left over: {name}"
        for name in sorted(os.listdir(place.holds))
        if name != os.path.basename(projection_file(place.holds))
    ]
