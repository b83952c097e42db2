"""The after-action report of a drill: one self-contained HTML page, as `html` makes them."""

from collections import Counter
from typing import TextIO

from postwarden.cli.output import drill_words, figures
from postwarden.cli.output.html import environment
from postwarden.drills.misdelivery.service import Facts

SHOWN = 100
"""Rows of a list of single copies; the page says how many more there are."""


def write_drill_html(facts: Facts, stream: TextIO) -> None:
    """Write the report; equal facts give equal bytes.

    Args:
        facts: of the drill.
        stream: open for UTF-8 text.
    """
    page = environment().get_template("drill.html.j2")
    stream.write(
        page.render(
            facts=facts,
            found=facts.findings,
            accounts=facts.accounts,
            ending=facts.ending,
            faults=Counter(one.fault for one in facts.ending.wrong),
            seconds=sum(one.seconds for one in facts.steps),
            headline=drill_words.headline(facts),
            tables=drill_words,
            shown=SHOWN,
            counted=figures.counted,
        )
    )
