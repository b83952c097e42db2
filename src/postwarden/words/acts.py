"""Acts of plans, as lines of a diff."""

from collections.abc import Iterator

from postwarden.custody.service import Act, Kind
from postwarden.words.repairs import repair_lines

_SIGNS = {Kind.HOLD: "+ hold", Kind.RELEASE: "- hold", Kind.RELEASE_PROVEN: "- hold"}


def act_lines(act: Act) -> Iterator[str]:
    """Say what an act of any kind does, and below it to whom."""
    if act.kind not in _SIGNS:
        yield from repair_lines(act)
        return
    details = " ".join(f"{name}={value}" for name, value in act.details)
    yield f"{_SIGNS[act.kind]} {act.subject} {details}"
