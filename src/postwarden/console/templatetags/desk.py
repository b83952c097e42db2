"""Components: the few things that every page is made of."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from postwarden.cases.service import (
    Case,
    Confidence,
    Due,
    Match,
    Reason,
    State,
    Task,
    TimelineEntry,
)
from postwarden.console import words, zones
from postwarden.console.speaking import told as spoken
from postwarden.custody.service import Stage as PlanStage
from postwarden.errands.service import Errand, Kind
from postwarden.errands.service import Stage as WorkStage
from postwarden.people.service import Role
from postwarden.rooms import present
from postwarden.veiled import veil
from postwarden.verdicts.service import Reason as Told
from postwarden.vocabulary import Moment, from_rfc3339, rfc3339
from postwarden.words import cases
from postwarden.words.verdicts import GAPS, sentence

NONE = "\N{EN DASH}"
_LONGEST = 300
"""Characters of a fact that are shown."""
register = template.Library()
_FEW = 10
_ICON = '<svg class="icon" aria-hidden="true"><use href="#{}"/></svg>'


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite."""
    return format_html(_ICON, name)


@register.simple_tag(takes_context=True)
def moment(context: Mapping[str, Any], when: Moment | None) -> SafeString:
    """Write a moment in the reader's zone, with how long ago it was."""
    if when is None:
        return format_html('<span class="muted">{}</span>', NONE)
    return format_html(
        '<time datetime="{}">{}</time>', rfc3339(when), zones.written(when, context["zone"])
    )


@register.simple_tag(takes_context=True)
def since(context: Mapping[str, Any], when: Moment) -> SafeString:
    """Write how long ago a moment was; the moment itself is beside it."""
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        rfc3339(when),
        zones.written(when, context["zone"]),
        zones.ago(when, context["now"]),
    )


@lru_cache(512)  # a table has many, and few that differ
def _pill(meaning: str, words: str) -> SafeString:
    return format_html('<span class="pill {}">{}{}</span>', meaning, icon(meaning), words)


@register.simple_tag
def account_state(state: State) -> SafeString:
    """Show the state of an account: by a shape, a colour and a word."""
    return _pill(words.MEANING[state], str(words.STATES[state]))


@register.filter
def kind(case: Case) -> str:
    """Say what happened in a case."""
    return str(words.KINDS[case.kind])


@register.filter
def stage(case: Case) -> str:
    """Say where a case is."""
    return str(words.STAGES[case.stage])


@register.filter
def role(one: Role) -> str:
    """Say what somebody is here."""
    return str(words.ROLES[one])


@register.filter
def severity(case: Case) -> str:
    """Say how grave a case is; nothing before it was assessed."""
    return "" if case.severity is None else str(words.SEVERITIES[case.severity])


@register.filter
def task(one: Task) -> str:
    """Say what is to be done."""
    return spoken(cases.task(one))


@register.filter
def match(how: Match) -> str:
    """Say how sure it is that a report means a finding."""
    return str(words.MATCHES[how])


@register.filter
def gap(reason: str) -> str:
    """Say why hours of a log are taken for a gap."""
    return spoken(GAPS.get(reason, reason))


@register.filter
def sureness(confidence: Confidence) -> str:
    """Say how sure something is."""
    return str(words.CONFIDENCE[confidence])


@register.simple_tag(takes_context=True)
def short(context: Mapping[str, Any], when: Moment | None) -> SafeString:
    """Write a moment briefly, where the zone stands above the column; all of it is beside it."""
    if when is None:
        return format_html('<span class="muted">{}</span>', NONE)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        rfc3339(when),
        zones.written(when, context["zone"]),
        zones.brief(when, context["zone"]),
    )


@register.simple_tag
def deed(entry: TimelineEntry) -> str:
    """Say what was done."""
    return spoken(cases.deed(entry))


@register.simple_tag
def plan_stage(stage: PlanStage) -> SafeString:
    """Show where a plan is."""
    return _pill(words.PLAN_MEANING[stage], str(words.PLAN_STAGES[stage]))


@register.simple_tag
def account_door(account: str) -> SafeString:
    """Link to an account's picture, by an address that does not name it."""
    return format_html(
        '<a href="{}">{}</a>', reverse("accounts-one", kwargs={"veiled": veil(account)}), account
    )


@register.simple_tag
def facts(told: Mapping[str, Any] | None) -> SafeString:
    """List what else an entry of the ledger says, as name and value."""
    pairs = ((name, _written(value)) for name, value in (told or {}).items())
    return format_html_join("", '<span class="fact"><b>{}</b> {}</span>', pairs)


def _written(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


@register.simple_tag
def sign(name: str) -> SafeString:
    """Show what an act of a plan does: by a sign and a word."""
    return format_html(
        '<span class="sign">{}</span> {}', words.SIGNS[name].mark, words.SIGNS[name].words
    )


@register.simple_tag
def pace(rate: float) -> str:
    """Write how fast something goes: so many a minute."""
    return _("{n} a minute").format(
        n=number_format(rate, 0 if rate >= _FEW else 1, force_grouping=True)
    )


@register.filter
def lasting(length: int) -> str:
    """Write a length of time; microseconds."""
    return zones.lasting(length)


@register.simple_tag(takes_context=True)
def clock(context: Mapping[str, Any], when: Moment) -> SafeString:
    """Write a time of today, to the second."""
    local = zones.at(when, context["zone"])
    return format_html('<time datetime="{}">{}</time>', rfc3339(when), f"{local:%H:%M:%S}")


@register.simple_tag
def verdict(code: str) -> SafeString:
    """Show the verdict on a copy."""
    return _pill(words.VERDICT_MEANING[code], str(words.VERDICTS[code]))


@register.filter
def because(reason: Reason) -> str:
    """Say why a copy has its verdict."""
    return spoken(sentence(Told(reason.code, reason.values)))


@register.filter
def moment_of(written: str | None) -> Moment | None:
    """Read a moment as a finding has it."""
    return None if written is None else from_rfc3339(written)


@register.simple_tag
def known(told: bool | None) -> SafeString:
    """Show whether something happened: yes, no, or not known."""
    if told is None:
        return _pill("unknown", _("not known"))
    return _pill("wrong", _("yes")) if told else _pill("settled", _("no"))


@register.filter
def due(what: Due) -> str:
    """Say what is to be done before a clock runs out."""
    return str(words.DUE[what])


@register.filter
def before_now(left: int) -> str:
    """Write how long ago a clock ran out."""
    return zones.lasting(-left)


@register.filter
def case_of(label: str) -> str:
    """Give a label as its case's pages are named; they lead to where it is now."""
    return label.partition("/")[0]


@register.filter
def age(since: Moment) -> str:
    """Write how long something has lasted."""
    return zones.lasting(present() - since)


@register.simple_tag
def doctor(result: str) -> SafeString:
    """Show what the doctor found."""
    told = words.DOCTOR.get(result, words.DOCTOR["unproven"])
    return _pill(told.meaning, str(told.words))


@register.filter
def unlocal(number: float) -> str:
    """Write a number as drawings have it, whatever the reader's language."""
    return f"{number:g}"


@register.simple_tag(takes_context=True)
def brief(context: Mapping[str, Any], when: Moment) -> str:
    """Write a moment briefly, without anything around it."""
    return zones.brief(when, context["zone"])


@register.filter
def veiled(account: str) -> str:
    """Give what stands for an account in addresses of pages."""
    return veil(account)


@register.simple_tag
def work_name(kind: Kind) -> str:
    """Name what the worker does for somebody."""
    return str(words.WORK[kind])


@register.simple_tag
def work_stop(kind: Kind) -> str:
    """Name the act that stops it."""
    return str(words.WORK_STOPS[kind])


@register.simple_tag
def work_stage(stage: WorkStage) -> SafeString:
    """Show where it is."""
    told = words.WORK_STAGES[stage]
    return _pill(told.meaning, str(told.words))


@register.simple_tag
def work_step(errand: Errand) -> str:
    """Say what of it is done now."""
    known = words.WORK_STEPS.get(errand.step.name)
    return (
        _("reading the store {name}").format(name=errand.step.name) if known is None else str(known)
    )
