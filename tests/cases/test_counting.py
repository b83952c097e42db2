"""What a case counts, whoever changed what in between."""

from collections import Counter

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.conftest import finding
from postwarden.cases import service as cases
from postwarden.cases.models import AccountRow, FindingRow
from postwarden.cases.service import Choice, State
from postwarden.people.service import member
from postwarden.verdicts.service import Verdict

NAMES = tuple(f"{name}@{domain}" for name in "abc" for domain in ("example.net", "brand.test"))
SOME = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3, unique=True).map(tuple)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("suspect"), SOME),
        st.tuples(st.just("exclude"), SOME),
        st.tuples(st.just("take"), SOME),
        st.tuples(st.just("split"), SOME),
        st.tuples(st.just("merge"), st.none()),
    ),
    min_size=3,
    max_size=8,
)


def counted(rows, reference, who):
    of = {"anna": None, "cleo": "brand"}[who]
    mine = [one for one in rows if one.case_id == reference and of in (None, one.organisation)]
    return Counter(getattr(one, "state", None) or one.verdict for one in mine)


def check(references):
    accounts = list(AccountRow.objects.all())
    findings = list(FindingRow.objects.filter(present=True))
    for reference in references:
        for who in ("anna", "cleo"):
            head = cases.head(member(who), reference)
            assert Counter(head.states) == counted(accounts, reference, who)
            assert Counter(head.findings) == counted(findings, reference, who)


def step(book, references, what, some):
    reference = references[0]
    if what == "suspect":
        book(cases.suspect, reference, some, "one map")
    elif what == "exclude":
        book(cases.move, reference, some, State.EXCLUDED, "not touched")
    elif what == "take":
        found = [finding(f"f{one}", one, Verdict.MISDELIVERED) for one in some]
        book.take(reference, *found, mailboxes=NAMES)
    elif what == "split":
        new = book(cases.split_case, reference, Choice(some), "apart", "").reference
        references.append(new)
    elif len(references) > 1:
        book(cases.merge_cases, reference, references.pop(), "together")


def test_what_was_rolled_back_is_counted_by_nobody(book):
    reference = book.open("home", "brand")
    with transaction.atomic():
        step(book, [reference], "suspect", NAMES[:3])
        assert cases.head(member("anna"), reference).accounts == 3
        transaction.set_rollback(True)
    step(book, [reference], "suspect", NAMES[:1])  # by an entry of the same number
    check([reference])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=STEPS)
def test_counts_are_those_of_the_rows_after_every_step(book_on_sqlite, steps):
    references = [book_on_sqlite.open("home", "brand")]
    for what, some in steps:
        try:
            step(book_on_sqlite, references, what, some)
        except cases.CaseError:
            continue  # of an account that is not there, say: nothing was changed
        finally:
            check(references)
