"""The way that copies go is part of what was approved."""

import pytest

from postwarden.custody.service import Stage
from postwarden.relocation.acts import act_of
from postwarden.relocation.errors import PermanentRouteError
from postwarden.words.acts import act_lines
from relocation.test_relocation_batches import BOB, EVE, Astray


@pytest.fixture
def astray(on_sqlite, tmp_path):
    return Astray(on_sqlite, tmp_path, tmp_path)


class Otherwise:
    """The same store by another way."""

    name = "dovecot north"

    def __init__(self, route):
        self._route = route

    def __getattr__(self, name):
        return getattr(self._route, name)


def test_a_plan_goes_the_way_that_was_approved_or_not_at_all(astray):
    repair = astray.wrong(BOB, EVE)._replace(ways=(("store", "maildir"),))
    plan = astray.plan(repair)
    routes = astray.office.desk.outside.routes
    as_planned = routes["store"]
    routes["store"] = Otherwise(as_planned)
    with pytest.raises(
        PermanentRouteError, match=r"approved to go by maildir.* says dovecot north"
    ):
        astray.office.run(plan)
    assert astray.office.desk.plans.stage(plan) is Stage.APPROVED
    del routes["store"]
    with pytest.raises(PermanentRouteError, match="no way at all"):
        astray.office.run(plan)
    routes["store"] = as_planned
    astray.carry(plan)
    assert astray.outcomes(plan) == [("relocated", "")]


def test_what_runs_already_waits_until_the_way_is_back(astray):
    repair = astray.wrong(BOB, EVE)._replace(ways=(("store", "maildir"),))
    plan = astray.plan(repair)
    desk = astray.office.desk
    astray.office.route.fails = {"stage": 1}
    astray.carry(plan)
    routes = desk.outside.routes
    as_planned = routes["store"]
    routes["store"] = Otherwise(as_planned)
    astray.time += 130_000_000
    desk.carry(plan)
    assert "approved to go by maildir" in desk.progress(plan).trouble
    assert astray.has(BOB)
    routes["store"] = as_planned
    astray.carry(plan, rounds=3)
    assert astray.outcomes(plan) == [("relocated", "")]


@pytest.mark.parametrize(
    ("way", "words"),
    [("maildir", ", by Maildir files"), ("dovecot north", ", by Dovecot north"), ("lmtp", "")],
)
def test_the_plan_says_which_way_each_copy_goes(astray, way, words):
    repair = astray.wrong(BOB, EVE)._replace(ways=(("store", way),))
    removes, delivers = act_lines(act_of(repair))
    assert removes.endswith(f"into quarantine{words}")
    assert delivers.endswith(f"{EVE} INBOX{words}")


def test_it_says_what_stays_where_it_is_and_what_is_doubled(astray):
    repair = astray.wrong(BOB, EVE)
    stays, delivers = act_lines(act_of(repair._replace(stays=True)))
    assert stays.startswith("= keep <1@shop.example>")
    assert delivers.strip().startswith(f"+ deliver to {EVE}")
    double = repair._replace(goals=(), twin=repair.copy._replace(id="other"))
    assert "the server delivered it twice; other stays" in list(act_lines(act_of(double)))[1]
