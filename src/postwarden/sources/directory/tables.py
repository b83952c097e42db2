"""One role's tables in order: which entries answer for the forms of an address."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from postwarden.sources.directory.expressions import ExpressionError, Rule, compile_rule
from postwarden.sources.directory.keys import Form, parsed, results
from postwarden.sources.directory.postfix_regexp import is_pcre
from postwarden.sources.directory.resolution import Step
from postwarden.sources.directory.values import split_values
from postwarden.sources.records import EntryRecord

Found = Mapping[str, Sequence[EntryRecord]]
"""Literal entries by their key, as `Lookup.find` gave them."""


class Answer(NamedTuple):
    """The entries of the first table that knows a form, and what they make of the address."""

    form: Form
    entries: tuple[tuple[EntryRecord, tuple[str, ...]], ...]

    def steps(self, address: str, via: str, home_domain: str, *, extend: bool = True) -> list[Step]:
        """Give a step for each result, in order."""
        extension = self.form.extension if extend else ""
        return [
            Step(address, target, via, entry.file, entry.line)
            for entry, values in self.entries
            for target in results(values, address, extension, home_domain)
        ]


class Tables:
    """The expressions of one role, asked in the order of their tables among the literal entries.

    Expressions that cannot be compiled answer nothing; reading the table has reported them.
    """

    def __init__(self, role: str, regexps: Iterable[EntryRecord]) -> None:
        self._rules: dict[int, list[tuple[Rule, EntryRecord]]] = {}
        for entry in regexps:
            if entry.role == role and entry.kind == "regexp":
                try:
                    rule = compile_rule(entry.key, pcre=is_pcre(entry.file))
                except ExpressionError:
                    continue
                self._rules.setdefault(entry.table, []).append((rule, entry))

    def answer(self, forms: Iterable[Form], found: Found) -> Answer | None:
        """Give the first answer, each form going through all tables before the next."""
        if not found and not self._rules:
            return None
        for form in forms:
            answer = self._one(form, found.get(form.key, ()))
            if answer is not None:
                return answer
        return None

    def _one(self, form: Form, entries: Sequence[EntryRecord]) -> Answer | None:
        if not entries and (form.kind != "full" or not self._rules):
            return None
        literal = [entry for entry in entries if entry.kind == "literal"]
        first = min((entry.table for entry in literal), default=None)
        if form.kind == "full":
            for table in sorted(self._rules):
                if first is not None and table >= first:
                    break
                answer = self._by_expression(form, table)
                if answer is not None:
                    return answer
        if first is None:
            return None
        return _of(form, (entry for entry in literal if entry.table == first))

    def _by_expression(self, form: Form, table: int) -> Answer | None:
        for subject in _subjects(form.key):
            for rule, entry in self._rules[table]:
                result = rule.result(subject, entry.values)
                if result is not None:
                    return Answer(form, ((entry, split_values(result)),))
        return None


def local_answer(forms: Iterable[Form], found: Found) -> Answer | None:
    """Give the answer of aliases(5) tables, which are asked for names only."""
    for form in forms:
        if form.kind == "name":
            entries = [entry for entry in found.get(form.key, ()) if entry.kind == "local"]
            if entries:
                first = min(entry.table for entry in entries)
                return _of(form, (entry for entry in entries if entry.table == first))
    return None


def _of(form: Form, entries: Iterable[EntryRecord]) -> Answer:
    return Answer(form, tuple((entry, tuple(entry.values.split("\n"))) for entry in entries))


def _subjects(address: str) -> list[str]:
    """Give the quoted and, where it differs, the unquoted form, as Postfix asks expressions."""
    parts = parsed(address)
    unquoted = address if parts is None else f"{parts.local}@{parts.domain}"
    return [address] if unquoted == address else [address, unquoted]
