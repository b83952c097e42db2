"""`postwarden worker`: what goes on by itself."""

import logging
import sys

from postwarden.cli.options import DEFAULT_CONFIGURATION, ConfigurationFile, now
from postwarden.configuration import Configuration, load
from postwarden.errands.service import Kind
from postwarden.holds.service import Aligner
from postwarden.ledger.service import Ledger
from postwarden.lines import nameless, tell, tell_fault, write_lines
from postwarden.wiring import (
    anchors,
    fetcher,
    hold_desk,
    mail_control,
    quarantine,
    repair_desk,
    teller,
    webmails,
)
from postwarden.worker.service import (
    Bearer,
    Loop,
    Trouble,
    errand_chores,
    glass_chores,
    hold_chores,
    hook_chores,
    ledger_chores,
    life_chores,
    quarantine_chores,
    repair_chores,
)

_COULD_NOT_RUN = 2
ERRAND = "from postwarden.state.service import set_up; set_up(); from postwarden.doing import main; main()"
"""What a process does that does one errand."""


def worker(config: ConfigurationFile = DEFAULT_CONFIGURATION) -> None:
    """Do what was decided and asked for, tell webhooks, sign and anchor tree heads, until SIGTERM or Ctrl-C."""
    configuration = load(config)
    holds = hold_desk(configuration)
    interval = configuration.ledger.interval_seconds
    loop = Loop(
        [
            *life_chores(),
            *hold_chores(Aligner(holds, mail_control(configuration), now, webmails(configuration))),
            *repair_chores(repair_desk(configuration, now)),
            *errand_chores(_bearers(configuration, holds.desk.ledger)),
            *glass_chores(fetcher(configuration, holds.desk, now)),
            *quarantine_chores(quarantine(configuration, holds.desk.ledger)),
            *hook_chores(teller(configuration, holds, now)),
            *ledger_chores(holds.desk.ledger, anchors(configuration), interval),
        ],
        _tell,
    )
    write_lines("worker", configuration.log_style)
    tell("started")
    try:
        loop.run()
    except Exception as error:  # noqa: BLE001  # a fault of the program: its words can name somebody
        tell_fault(error)
        sys.exit(_COULD_NOT_RUN)
    tell("stopped")


def _bearers(configuration: Configuration, book: Ledger) -> list[Bearer]:
    """Snapshots take hours, the others minutes: neither waits for the other."""
    command = (sys.executable, "-c", ERRAND, configuration.file)
    cases = (Kind.EXAMINATION, Kind.PLANNING)
    return [
        Bearer("scans", book, (Kind.SCAN,), command, now),
        Bearer("examinations", book, cases, command, now),
    ]


def _tell(trouble: Trouble) -> None:
    tell(
        "trouble",
        logging.WARNING,
        chore=nameless(trouble.chore),
        error=type(trouble.error).__name__,
        text=nameless(str(trouble.error)),
        again_seconds=round(trouble.seconds, 1),
    )
