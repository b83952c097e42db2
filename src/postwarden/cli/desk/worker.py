"""`postwarden worker`: what goes on by itself."""

import sys

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile
from postwarden.cli.output.hostile import visible
from postwarden.configuration import load
from postwarden.wiring import anchors, ledger
from postwarden.worker.service import Loop, ledger_chores


def worker(config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """Sign and anchor tree heads at their interval, until stopped by SIGTERM or Ctrl-C."""
    configuration = load(config)
    book = ledger(configuration)
    chores = ledger_chores(book, anchors(configuration), configuration.ledger.interval_seconds)
    Loop(chores, _tell).run()


def _tell(sentence: str) -> None:
    sys.stderr.write(f"{visible(sentence)}\n")
    sys.stderr.flush()
