"""On any small evidence: the sieve passes nothing that the rules would accuse, and no verdict is wrong."""

import os
import shutil
import tempfile
from pathlib import Path

import ibis
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from postwarden.verdicts import sieve
from postwarden.verdicts.service import Verdict
from verdicts.small_evidence import ACCOUNTS, Recipient, Transaction, intended, transactions, write
from worlds.examined import examined

EXAMPLES = 60 if os.environ.get("POSTWARDEN_AT_LENGTH") else 2
"""Each is a provider of many independent transactions, so that few of them are many cases."""


def by_rules_alone(tree):
    """Let no delivery be good enough for the sieve, so that every copy reaches the rules."""
    with pytest.MonkeyPatch.context() as patch:
        good, nothing = sieve.good_deliveries, ibis.literal(value=False)
        patch.setattr(sieve, "good_deliveries", lambda *asked: good(*asked).filter(nothing))
        return examined(tree).findings


@settings(
    max_examples=EXAMPLES,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate],  # an example takes seconds, so that shrinking would take hours
)
@given(st.lists(transactions, min_size=60, max_size=120), st.booleans())
def test_no_verdict_is_wrong_and_the_sieve_agrees_with_the_rules(every, named):
    place = Path(tempfile.mkdtemp())
    try:
        files = {(file.home, file.path): file for file in write(place, every, named=named)}
        sieved = {(f.account, f.file): f for f in examined(place).findings if not f.gone}
        ruled = {(f.account, f.file): f for f in by_rules_alone(place) if not f.gone}
    finally:
        shutil.rmtree(place)
    assert sieved.keys() == ruled.keys() == files.keys()
    wrong = [(file, sieved[key]) for key, file in files.items() if not _fair(sieved[key], file)]
    assert wrong == []
    passed = [
        (sieved[key], ruled[key])
        for key in files
        if sieved[key].verdict != ruled[key].verdict
        and Verdict.UNEXPLAINED not in (sieved[key].verdict, ruled[key].verdict)
    ]
    assert passed == []


def _fair(finding, file):
    """Tell whether an accused copy was not for its holder; what is called right was, of its message."""
    if finding.verdict is Verdict.MISDELIVERED:
        return file.home not in intended(file.originals)
    if finding.verdict is Verdict.RIGHTFUL:
        return file.home in intended(file.everyone)
    return finding.verdict is not Verdict.CROSSED or file.crossed


@pytest.mark.parametrize("home", ["ben@example.test", "cor@example.test"])
def test_a_log_of_a_single_delivery_still_joins_by_session_and_process(home, tmp_path):
    """Its file name is not believed, but the copy's own trace and name lead to the line."""
    astray = Recipient("info@example.test", ACCOUNTS[1], ACCOUNTS[1], home, True, True)
    one = Transaction((astray,), "out.shop.test[198.51.100.1]", 1, None, True)
    write(tmp_path, [one], named=True)
    (found,) = examined(tmp_path).findings
    assert (found.verdict, found.rightful) == (Verdict.MISDELIVERED, ACCOUNTS[:1])
