"""The resolver's answers held against a real Postfix, over generated tables and addresses."""

import random
from collections.abc import Collection, Mapping, Sequence

import pytest
from directory_world import read_all
from private_postfix import running

from postwarden.sources.directory.lookup import EntryLookup
from postwarden.sources.directory.resolver import Resolver
from postwarden.sources.records import EntryRecord
from postwarden.vocabulary import Provider, normal

LOCAL = ["example.net", "second.example", "mx1.example.net"]
FOREIGN = ["other.test", "third.test"]
NAMES = [*"abcdefghijklmnop", "dash-a", "dash-k", "up.per", '"q r"', "a+x", "b+x", "owner-a"]
MAIN = {
    "myhostname": "mx1.example.net",
    "myorigin": "example.net",
    "mydestination": ", ".join(LOCAL),
    "recipient_delimiter": "+",
    "virtual_alias_maps": "hash:$etc/first, regexp:$etc/rules, hash:$etc/second",
    "recipient_canonical_maps": "regexp:$etc/canonical.rules, hash:$etc/canonical",
    "recipient_bcc_maps": "hash:$etc/bcc",
}
RULES = r"""
# by expression
/^dash-(.)@example\.net$/   $1@second.example
if /@third\.test$/
if !/^[a-h]/
/^(.)(\+.*)?@/   ${1}@other.test, $(1)z@example.net
endif
/^a@/i  b
endif
/^UP\.(PER)@(.*)$/  $1$2@other.test
!/@/ never@example.net
"""
CANONICAL_RULES = r"""
/^(.*)@old\.test$/   $1@example.net
/^(p)@other\.test$/  @second.example
"""


class EveryAddressIsAnAccount:
    """A lookup in which a walk ends at each final address, so that they can be compared."""

    def __init__(self, entries: Sequence[EntryRecord]) -> None:
        self._entries = EntryLookup(entries)

    def find(self, role: str, keys: Collection[str]) -> Mapping[str, Sequence[EntryRecord]]:
        if role != "account":
            return self._entries.find(role, keys)
        whole = [key for key in keys if key.rpartition("@")[0]]
        return {key: [EntryRecord(0, role, 0, "literal", key, key, "", 0)] for key in whole}


def table(chance: random.Random, size: int) -> str:
    lines = []
    for _ in range(size):
        name, domain = chance.choice(NAMES), chance.choice(LOCAL + FOREIGN)
        key = chance.choice([f"{name}@{domain}"] * 8 + [name])
        later = NAMES.index(name) if chance.random() < 0.985 else 0  # loops are rare, and slow
        some = [value(chance, later) for _ in range(chance.choice([1, 1, 1, 2, 3]))]
        if chance.random() < 0.15:
            some.append(key)
        lines.append(f"{key.upper() if chance.random() < 0.2 else key}  {', '.join(some)}")
    return "\n".join(lines) + "\n"


def value(chance: random.Random, later: int) -> str:
    name, domain = chance.choice(NAMES[later:]), chance.choice(LOCAL + FOREIGN)
    return chance.choice([f"{name}@{domain}"] * 5 + [name, f"end{chance.randrange(9)}@{domain}"])


def world(seed: int) -> dict[str, str]:
    chance = random.Random(seed)
    return {
        "first": table(chance, 60) + "@third.test @second.example\n",
        "second": table(chance, 60) + "@second.example end1@example.net end2@other.test\n",
        "canonical": "n@example.net o@example.net\no@example.net p+y@example.net\nm second-m\n",
        "bcc": "a@example.net archive@example.net\n@second.example c+k@example.net\nb d\n",
    }


@pytest.mark.servers
def test_the_resolver_expands_as_postfix_does(tmp_path):
    tables = world(seed=2)
    expressions = {"rules": RULES, "canonical.rules": CANONICAL_RULES}
    asked = [
        f"{name}{extension}@{domain}"
        for name in [*NAMES, "nobody"]
        for extension in ("", "+e")
        for domain in [*LOCAL, *FOREIGN, "old.test"]
        if not (extension and name.startswith('"'))
    ]
    with running(MAIN, tables, expressions) as postfix:
        real = postfix.expand(asked)
    ours = resolver_of(tmp_path, {**tables, **expressions}).resolve(asked)
    differences = []
    for address, final in real.items():
        answer = ours[address]
        deferred = {one.code for one in answer.problems} & {"loop", "limit"}
        found = None if deferred else {*answer.accounts, *answer.bcc_accounts}
        expected = None if final is None else {normal(one) for one in final}
        if found != expected:
            differences.append((address, found, expected, answer.problems))
    assert differences == []
    refused = sum(final is None for final in real.values())
    assert len(real) > 250
    assert 0 < refused < len(real) / 2, "loops are there, but do not hide the rest"


def resolver_of(folder, tables):
    formats = {
        "aliases": [
            ("postfix-virtual", "first"),
            ("postfix-regexp", "rules"),
            ("postfix-virtual", "second"),
        ],
        "canonical": [("postfix-regexp", "canonical.rules"), ("postfix-virtual", "canonical")],
        "bcc": [("postfix-virtual", "bcc")],
    }
    for name, text in tables.items():
        (folder / name).write_text(text)
    entries = [one for one in read_all(folder, formats) if isinstance(one, EntryRecord)]
    provider = Provider("P", frozenset(LOCAL))
    regexps = [entry for entry in entries if entry.kind == "regexp"]
    return Resolver(provider, "example.net", EveryAddressIsAnAccount(entries), regexps)
