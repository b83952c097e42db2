"""The two-proof rule, held to what it promises on any facts."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from postwarden.verdicts.facts import (
    Arrival,
    Citation,
    Content,
    CopyFacts,
    Destination,
    Leg,
    Original,
    Placed,
    Placement,
    Proof,
    Verdict,
)
from postwarden.verdicts.rules import Entitlement, entitlement, first_wrong_leg, judge, leads_to

HOLDER = "ann@example.test"
PEOPLE = (HOLDER, "ben@example.test", "cor@example.test")
LINE = Citation("log/mail.log", 1)
accounts = st.sampled_from(PEOPLE)
groups = st.frozensets(accounts, max_size=2)
destinations = st.builds(
    Destination,
    accounts=groups,
    entitled=st.frozensets(accounts, max_size=1),
    known=st.booleans(),
    foreign=st.booleans(),
    managed=st.booleans(),
    covered=st.booleans(),
)
originals = st.builds(
    Original,
    address=st.sampled_from(("info@example.test", "team@example.test", "x@other.test")),
    accepted_at=st.sampled_from((None, 1, 2)),
    destination=destinations,
)
some_originals = st.lists(originals, max_size=3).map(tuple)
legs = st.builds(
    Leg, account=accounts, originals=some_originals, onward=st.sampled_from(("sieve", None))
)


@st.composite
def arrivals(draw):
    account = draw(accounts)
    before = draw(st.lists(legs, max_size=2))
    last = Leg(account, draw(some_originals))
    proof, at_home = draw(st.sampled_from(Proof)), draw(st.booleans())
    return Arrival(proof, account, (*before, last), (LINE,), at_home=at_home)


placements = st.builds(
    Placed, by=st.sampled_from(Placement), actor=accounts, citations=st.just((LINE,))
)
contents = st.builds(
    Content,
    own_id=st.just("<1@x.test>"),
    other_id=st.sampled_from((None, "<2@x.test>")),
    match=st.sampled_from((None, "dkim")),
)
facts = st.builds(
    CopyFacts,
    holder=st.just(HOLDER),
    arrivals=st.lists(arrivals(), max_size=4).map(tuple),
    elsewhere=st.lists(arrivals(), max_size=3).map(tuple),
    placed=st.lists(placements, max_size=2).map(tuple),
    submitted_by_holder=st.sampled_from(((), (LINE,))),
    traced=st.booleans(),
    gaps=st.sampled_from(((), ("postfix",))),
    content=contents,
)


def address(*reached, **known):
    return Original("info@example.test", 1, Destination(frozenset(reached), **known))


def arrival(*given_to, proof=Proof.SESSION, account=HOLDER):
    return Arrival(proof, account, (Leg(account, given_to),), (LINE,))


@given(facts)
def test_every_copy_gets_a_verdict_with_reasons(one):
    judged = judge(one)
    assert judged.verdict in Verdict
    assert judged.reasons
    assert (judged.verdict is Verdict.CROSSED) == (judged.other_message is not None)
    assert judge(one) == judged


@given(facts)
def test_misdelivered_has_both_proofs(one):
    judged = judge(one)
    if judged.verdict is not Verdict.MISDELIVERED:
        return
    assert HOLDER not in judged.rightful
    proved = [*one.arrivals, *(one.elsewhere if one.placed else ())]
    decided = [
        leg
        for each in proved
        for leg in each.legs
        if entitlement(leg.originals, HOLDER) is Entitlement.NO
        or entitlement(leg.originals, leg.account) is Entitlement.NO
    ]
    assert decided
    assert set(judged.originals) & {o for leg in decided for o in leg.originals}
    assert any(reason.citations for reason in judged.reasons)


@given(facts)
def test_an_original_recipient_that_leads_to_the_holder_is_never_accused(one):
    """Equal recipients fold into one copy: one right address among the last leg's makes it right."""
    right = address(HOLDER)
    folded = tuple(
        replace(
            each,
            legs=(
                *each.legs[:-1],
                replace(each.legs[-1], originals=(*each.legs[-1].originals, right)),
            ),
        )
        for each in one.arrivals
        if each.account == HOLDER and first_wrong_leg(each.legs[:-1]) is None
    )
    if folded:
        judged = judge(replace(one, arrivals=folded))
        assert judged.verdict in (Verdict.RIGHTFUL, Verdict.CROSSED)


@given(facts, st.randoms(use_true_random=False))
def test_the_order_of_arrivals_does_not_matter(one, dice):
    mixed = list(one.arrivals)
    dice.shuffle(mixed)
    first, second = judge(one), judge(replace(one, arrivals=tuple(mixed)))
    assert first.verdict is second.verdict
    assert set(first.rightful) == set(second.rightful)


@given(facts)
def test_what_cannot_be_decided_is_unexplained(one):
    open_question = address(foreign=True)
    undecided = tuple(
        replace(each, legs=tuple(replace(leg, originals=(open_question,)) for leg in each.legs))
        for each in one.arrivals
    )
    judged = judge(CopyFacts(HOLDER, arrivals=undecided, gaps=one.gaps))
    assert judged.verdict is Verdict.UNEXPLAINED


@given(some_originals, accounts, originals)
def test_more_recipients_only_help(given_to, account, one_more):
    before = entitlement(given_to, account)
    after = entitlement((*given_to, one_more), account)
    if before is Entitlement.YES or leads_to(one_more, account):
        assert after is Entitlement.YES
    if before is Entitlement.UNKNOWN and given_to:
        assert after is not Entitlement.NO


def test_nothing_known_is_unknown():
    assert entitlement((), HOLDER) is Entitlement.UNKNOWN
    assert entitlement((address(covered=False),), HOLDER) is Entitlement.UNKNOWN
    assert entitlement((address(managed=True),), HOLDER) is Entitlement.UNKNOWN
    assert entitlement((address("ben@example.test"),), HOLDER) is Entitlement.NO
    assert judge(CopyFacts(HOLDER)).verdict is Verdict.UNEXPLAINED


def test_a_stronger_proof_decides():
    wrong, right = address("ben@example.test"), address(HOLDER)
    by_file = arrival(wrong, proof=Proof.STORAGE_ID)
    by_header = arrival(right, proof=Proof.HEADER)
    assert judge(CopyFacts(HOLDER, (by_header, by_file))).verdict is Verdict.MISDELIVERED


def test_files_of_one_session_that_nobody_names_are_not_told_apart():
    """Two recipients' files in one mailbox: one right, one wrong, and nothing says which is which."""
    right, wrong = address(HOLDER), address("ben@example.test")
    first = arrival(right)
    second = replace(arrival(wrong), part="R2")
    assert judge(CopyFacts(HOLDER, (first, second))).verdict is Verdict.UNEXPLAINED
    folded = replace(arrival(wrong), part=None)
    assert judge(CopyFacts(HOLDER, (first, folded))).verdict is Verdict.RIGHTFUL
    also = replace(arrival(right), part="R2")
    assert judge(CopyFacts(HOLDER, (folded, also, first))).verdict is Verdict.RIGHTFUL
    alone = replace(first, part="R3")
    assert judge(CopyFacts(HOLDER, (alone,))).verdict is Verdict.RIGHTFUL
    by_name = tuple(replace(one, proof=Proof.STORAGE_ID) for one in (first, second))
    assert judge(CopyFacts(HOLDER, by_name)).verdict is Verdict.RIGHTFUL


def test_what_a_holder_brought_is_their_own_unless_it_was_anothers():
    placed = (Placed(Placement.HOLDER, HOLDER, (LINE,)),)
    assert judge(CopyFacts(HOLDER, placed=placed)).verdict is Verdict.OWN
    astray = arrival(address("cor@example.test"), account="ben@example.test")
    judged = judge(CopyFacts(HOLDER, elsewhere=(astray,), placed=placed))
    assert (judged.verdict, judged.second_hand) == (Verdict.MISDELIVERED, True)
    assert judged.rightful == ("cor@example.test",)


def test_a_file_in_a_strange_home_is_that_of_who_lacks_it():
    ben, cor = (
        arrival(address(account), proof=Proof.STORAGE_ID, account=account)
        for account in ("ben@example.test", "cor@example.test")
    )
    at_home = replace(cor, at_home=True)
    assert judge(CopyFacts(HOLDER, (ben, cor))).rightful == (ben.account, cor.account)
    assert judge(CopyFacts(HOLDER, (ben, at_home))).rightful == (ben.account,)
    both = replace(ben, at_home=True), at_home
    assert judge(CopyFacts(HOLDER, both)).rightful == (ben.account, cor.account)
    right = replace(at_home, legs=(Leg(cor.account, (address(HOLDER),)),))
    assert judge(CopyFacts(HOLDER, (ben, right))).verdict is Verdict.RIGHTFUL
    unknown = replace(at_home, legs=(Leg(cor.account, (address(foreign=True),)),))
    assert judge(CopyFacts(HOLDER, (ben, unknown))).verdict is Verdict.UNEXPLAINED


def test_what_an_operator_brought_is_judged_by_whose_it_was():
    placed = (Placed(Placement.OPERATOR, "migration", (LINE,)),)
    other = arrival(address("cor@example.test"), account="cor@example.test")
    own = arrival(address(HOLDER), account="old@example.test")
    assert judge(CopyFacts(HOLDER, elsewhere=(other,), placed=placed)).verdict is (
        Verdict.MISDELIVERED
    )
    assert judge(CopyFacts(HOLDER, elsewhere=(own,), placed=placed)).verdict is Verdict.RIGHTFUL
    assert judge(CopyFacts(HOLDER, elsewhere=(own, other), placed=placed)).verdict is (
        Verdict.RIGHTFUL
    )
    assert judge(CopyFacts(HOLDER, placed=placed)).verdict is Verdict.UNEXPLAINED
