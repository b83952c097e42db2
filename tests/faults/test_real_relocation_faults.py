"""A few faults of the matrix in front of a real Dovecot: it ends as it does in front of the model."""

import shutil

import pytest
from django.db import connections

from faults.cells import DOVEADM, IMAP, MATRIX
from faults.desks import LATER, STORE, Clock, letter
from faults.peers import Dropped, peers
from faults.real import RealDovecot
from needed import skip_without_servers
from people.conftest import KeyFile
from postwarden.custody.service import Stage
from postwarden.relocation.acts import Goal, Repair
from postwarden.state.service import StateSettings, open_state
from relocation import rigs
from relocation.offices import Office

pytestmark = pytest.mark.servers
SAMPLE = (
    ("copy 1", "after"),
    ("mailboxStatus 1", "tags"),
    ("move 1", "before"),
    ("move 1", "after"),
    ("move 1", "500"),
    ("processStatus 1", "no-json"),
    ("copy 2", "before"),
    ("expunge 1", "before"),
    ("expunge 1", "after"),
    ("purge 1", "after"),
    ("LOGIN 1", "BYE"),
    ("APPEND stage 1", "after"),
    ("RENAME stage 1", "after"),
    ("FETCH bytes 2", "BYE-in"),
    ("DELETE stage 1", "before"),
)


class Hands:
    """What faults of the sample ask of a cell."""

    def hang_up(self):
        raise Dropped


@pytest.fixture
def place(upgraded_sqlite, tmp_path_factory):
    skip_without_servers()
    folder, clock, routes = tmp_path_factory.mktemp("real"), Clock(), {}
    shutil.copytree(upgraded_sqlite, folder / "state")
    open_state(StateSettings(str(folder / "state")))
    office = Office(str(folder / "state"), folder, routes, clock, rest=clock.rest)
    key = KeyFile(folder)
    office.people(key)
    with rigs.running("mdbox") as rig, peers(RealDovecot(rig)) as there:
        yield rig, there, office, key, clock, routes
    connections.close_all()


def test_it_ends_as_it_does_in_front_of_the_model(place):
    rig, there, office, key, clock, routes = place
    case, found = office.case(), {}
    for number, (step, name) in enumerate(SAMPLE):
        rig.fresh()
        content = letter(number)
        copy = rig.put(content)
        goals, told = (Goal(rig.owner, STORE),), f"<{number}@example.net>"
        one = Repair(copy, STORE, len(content), goals, message=told, queue=f"Q{number}")
        plan = office.approved(case, [one], key).hash
        routes[STORE] = there.route(rigs.SECONDS)
        there.begin(hook(step, (DOVEADM if step[0].islower() else IMAP)[name]))
        office.run(plan)
        tries = 1
        while office.desk.progress(plan).stage is not Stage.DONE:
            assert tries < 4, office.desk.progress(plan).trouble
            clock.now += LATER
            office.desk.carry(plan)
            tries += 1
        assert there.met[step.rpartition(" ")[0]]
        (mail,) = rig.mail(rig.owner)
        assert (mail.content, mail.flags) == (content, ())
        assert mail.date == "05-Jan-2020 02:04:05 +0000"
        assert rig.mail(rig.holder) == []
        routes[STORE]._staging._end()  # an account may have ten sessions
        found[step, name] = "D" if tries == 1 else "R"
    assert found == {cell: MATRIX[cell] for cell in SAMPLE}
    assert [one for one in rig.staging() if "-stage-" in one] == []


def hook(wanted, fault):
    def take(step):
        if step.name == wanted:
            fault(Hands(), step)
        else:
            step.send(step.do())

    return take
