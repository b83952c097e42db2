import ast
import inspect
import pkgutil
import string

import pytest

import postwarden.verdicts
from postwarden.cli.output.figures import unknown
from postwarden.verdicts import crossing, facts, paths, summary
from postwarden.verdicts.service import NextAct, Reason
from postwarden.words.verdicts import (
    ACTS,
    CANNOT_KNOW,
    REASONS,
    UNEXPLAINED,
    sentence,
)

SENT_ON = {"sieve", "forward", "unrecorded"}
CONTENT = {"message-id", "dkim", "body", "copies", "size"}
FAMILIES = {
    "delivered-": {str(proof) for proof in facts.Proof},
    "placed-by-": {str(placement) for placement in facts.Placement},
    "sent-on-": SENT_ON,
    "content-": CONTENT,
}


def _trees():
    for module in pkgutil.iter_modules(postwarden.verdicts.__path__):
        path = f"{postwarden.verdicts.__path__[0]}/{module.name}.py"
        with open(path, encoding="utf-8") as source:
            yield ast.parse(source.read(), path)


def _strings(node):
    return {
        n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)
    }


def _codes_of(argument, function):
    match argument:
        case ast.Constant(value=str(code)):
            return {code}
        case ast.JoinedStr(values=[ast.Constant(value=prefix), ast.FormattedValue()]):
            return {f"{prefix}{ending}" for ending in FAMILIES[prefix]}
        case ast.Name(id=name):
            found = set()
            for node in ast.walk(function):
                if isinstance(node, ast.Assign) and any(
                    isinstance(target, ast.Name) and target.id == name for target in node.targets
                ):
                    assert isinstance(node.value, ast.IfExp)
                    found |= _strings(node.value.body) | _strings(node.value.orelse)
            return found
    pytest.fail(f"cannot tell the code of {ast.unparse(argument)}")


def _codes():
    found = set()
    for tree in _trees():
        for function in ast.walk(tree):
            if not isinstance(function, ast.FunctionDef):
                continue
            for node in ast.walk(function):
                if isinstance(node, ast.Call) and getattr(node.func, "id", None) == "Reason":
                    codes = _codes_of(node.args[0], function)
                    assert codes, f"line {node.lineno}: no code found"
                    found |= codes
    return found


def test_every_code_that_the_rules_produce_has_a_sentence_and_no_sentence_is_left_over():
    assert _codes() == set(REASONS)


def test_endings_of_codes_are_those_the_facts_name():
    for ending in SENT_ON:
        assert f'"{ending}"' in inspect.getsource(facts.Leg)
        assert ending in inspect.getsource(paths) + inspect.getsource(facts.Leg)
    for ending in CONTENT:
        assert f'"{ending}"' in inspect.getsource(facts.Content)
    assert {"message-id", "dkim", "body"} <= _strings(ast.parse(inspect.getsource(crossing)))


def test_a_sentence_is_filled_from_the_values_of_its_reason():
    reason = Reason(
        "directory-leads-elsewhere",
        (("address", "a@example.net"), ("accounts", "{b}"), ("holder", "c%s")),
    )
    assert sentence(reason) == "The directory leads a@example.net to {b}, not to c%s."


def test_the_log_of_a_gap_is_named():
    assert sentence(Reason("gap", (("source", "dovecot"),))).startswith("The Dovecot log was")
    assert sentence(Reason("gap", (("source", "other"),))).startswith("other was")


def test_what_has_no_sentence_or_no_value_is_still_told():
    assert sentence(Reason("never-heard-of")) == "Reason never-heard-of."
    assert sentence(Reason("wrong-home")).startswith("This file was delivered to ?")


@pytest.mark.parametrize("code", sorted(REASONS))
def test_sentences_are_short_and_whole(code):
    text = REASONS[code]
    names = [name for _, name, _, _ in string.Formatter().parse(text) if name]
    assert text.endswith(".")
    assert len(text) < 160
    assert all(name.isidentifier() for name in names)


def test_every_code_of_the_summary_has_words():
    assert {str(act) for act in NextAct} == set(ACTS)
    assert set(summary.WEIGHT) == set(UNEXPLAINED)
    source = ast.parse(inspect.getsource(summary._cannot_know))
    pairs = {
        node.elts[0].value
        for node in ast.walk(source)
        if isinstance(node, ast.Tuple) and isinstance(node.elts[0], ast.Constant)
    }
    assert pairs | {f"no-log-{log}" for log in summary.LOGS} == set(CANNOT_KNOW)


def test_counts_and_words_agree_in_number():
    assert unknown("gaps", 1)[0] == "1 gap in the logs"
    assert unknown("gaps", 2)[0] == "2 gaps in the logs"
    assert unknown("opened", 1_200)[0] == "1,200 wrong copies"
