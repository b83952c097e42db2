"""What readers of one organisation are not told: whom of other organisations mail was meant for.

That there was somebody is a fact of their own account; who it was is another organisation's to tell.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import Case, F, Q, TextField, Value, When

from postwarden.cases.desk import Actor, Desk, seen
from postwarden.people.service import Permission

SOMEBODY = "\N{HORIZONTAL ELLIPSIS}"
"""Stands where somebody of another organisation would be named."""
_LISTS = ("rightful", "lacking", "original_recipients")
_NAMING = frozenset({"account", "accounts", "actor", "address", "holder"})
"""Values of reasons that name people; others are of the message."""
_ADDRESS = re.compile(r"[^\s<>,;:()\[\]\"'=]+@[\w.-]+")
_NAME = re.compile(r"[^\s,]+")


def withheld(desk: Desk, actor: Actor, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the facts of a finding as somebody may read them."""
    is_theirs = _theirs(desk, actor)
    if is_theirs is None:
        return facts
    told = dict(facts)
    for name in _LISTS:
        if name in facts:
            told[name] = [one if is_theirs(one) else SOMEBODY for one in facts[name]]
    if "proof" in facts:
        told["proof"] = [_reason(one, is_theirs) for one in facts["proof"]]
    return told


def line_for(desk: Desk, actor: Actor, line: str) -> str:
    """Give a line of a log as somebody may read it, without addresses of other organisations' domains."""
    there = seen(actor, Permission.CASE_READ)
    if there is None:
        return line
    others = {
        domain
        for one in desk.organisations.every
        if one.name not in there
        for domain in one.domains
    }

    def shown(found: re.Match[str]) -> str:
        domain = found[0].rpartition("@")[2].rstrip(".").casefold()
        return SOMEBODY if domain in others else found[0]

    return _ADDRESS.sub(shown, line)


def address_for(desk: Desk, actor: Actor, column: str) -> Case:
    """Give the same of a column with one address, for the database; "" where it has none."""
    there = seen(actor, Permission.CASE_READ)
    every = desk.organisations.every
    if there is None:
        known = When(**{f"{column}__isnull": False}, then=F(column))
        return Case(known, default=Value(""), output_field=TextField())
    takes_strays = every[0].name in there  # addresses of no known domain are the first one's
    named = Q(pk__in=[])
    for one in every:
        if (one.name in there) is not takes_strays:
            for domain in one.domains:
                named |= Q(**{f"{column}__iendswith": f"@{domain}"})
    return Case(
        When(**{f"{column}__isnull": True}, then=Value("")),
        When(~named if takes_strays else named, then=F(column)),
        default=Value(SOMEBODY),
        output_field=TextField(),
    )


def _theirs(desk: Desk, actor: Actor) -> Callable[[str], bool] | None:
    """Give what tells whether an account or address is of somebody's organisations; None: all are."""
    there = seen(actor, Permission.CASE_READ)
    return None if there is None else lambda name: desk.organisation_of(name) in there


def _reason(one: Mapping[str, Any], is_theirs: Callable[[str], bool]) -> Mapping[str, Any]:
    def shown(found: re.Match[str]) -> str:
        return found[0] if is_theirs(found[0]) else SOMEBODY

    values = [
        [name, _NAME.sub(shown, value) if name in _NAMING else value]
        for name, value in one["values"]
    ]
    return {**one, "values": values}
