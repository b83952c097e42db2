"""Roles given and taken away."""

import threading

import pytest
from django.db import connections

from people.conftest import NOW, POSTMASTER
from postwarden.people.service import (
    EVERYWHERE,
    Grant,
    LastManager,
    NotAllowed,
    Permission,
    Role,
    UnknownIdentity,
    add,
    give_role,
    member,
    retire,
    take_role,
)

OFFICER, READER = Grant(Role.OFFICER, EVERYWHERE), Grant(Role.READER, "brand")
HOME = Grant(Role.POSTMASTER, "home")


@pytest.fixture
def people(state, records):
    add("anna", "Anna Example", [POSTMASTER], "anna", records, NOW)
    add("dora", "Dora Example", [OFFICER], "anna", records, NOW)
    add("hugo", "Hugo Example", [HOME], "anna", records, NOW)
    records.clear()
    return records


def give(records, name, grant, who="anna"):
    give_role(name, grant, member(who), records, NOW)


def take(records, name, grant, who="anna"):
    take_role(name, grant, member(who), records, NOW)


def test_a_role_is_given_and_taken_once_and_on_record(people):
    give(people, "hugo", READER)
    give(people, "hugo", READER)
    assert member("hugo").organisations(Permission.CASE_READ) == {"home", "brand"}
    take(people, "hugo", READER)
    assert member("hugo").organisations(Permission.CASE_READ) == {"home"}
    with pytest.raises(NotAllowed, match="no such role"):
        take(people, "hugo", READER)
    told = {"role": ["reader", "brand"]}
    assert people == [
        ("person.role-given", "anna", "hugo", told),
        ("person.role-taken", "anna", "hugo", told),
    ]


def test_nobody_gives_what_they_cannot_do_or_changes_their_own(people):
    for name, grant, who in (
        ("hugo", OFFICER, "anna"),  # who could do what she cannot
        ("dora", HOME, "dora"),
        ("anna", READER, "hugo"),  # of another organisation
        ("hugo", READER, "hugo"),
    ):
        with pytest.raises(NotAllowed):
            give(people, name, grant, who)
    give(people, "dora", Grant(Role.HELPDESK, "home"), "hugo")
    with pytest.raises(NotAllowed):
        take(people, "anna", POSTMASTER, "hugo")
    with pytest.raises(UnknownIdentity):
        give(people, "nobody", READER)
    retire("hugo", "anna", people, NOW)
    with pytest.raises(NotAllowed, match="acts no more"):
        give(people, "hugo", READER)


def test_somebody_who_manages_people_is_left(people):
    take(people, "dora", OFFICER)
    with pytest.raises(LastManager):
        retire("anna", "anna", people, NOW)
    give(people, "dora", POSTMASTER)
    take(people, "anna", POSTMASTER, "dora")
    with pytest.raises(NotAllowed):
        give(people, "dora", READER)
    with pytest.raises(LastManager):
        retire("dora", "dora", people, NOW)
    assert member("dora").active


def test_two_who_take_it_from_each_other_leave_one(people):
    start, ended = threading.Barrier(2), []

    def strip(name, grant, who):
        actor = member(who)
        start.wait()
        try:
            take_role(name, grant, actor, people, NOW)
        except LastManager:
            ended.append("refused")
        else:
            ended.append("taken")
        finally:
            connections.close_all()

    both = [
        threading.Thread(target=strip, args=("anna", POSTMASTER, "dora")),
        threading.Thread(target=strip, args=("dora", OFFICER, "anna")),
    ]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert sorted(ended) == ["refused", "taken"]
