"""A disk that was full while a tree head was written to its anchor: what is cut short is no alarm."""

from people.conftest import NOW
from postwarden.ledger.service import FileAnchor


def test_a_note_cut_short_anywhere_is_no_head_and_no_fault(quick_desk, tmp_path):
    ledger, path = quick_desk.ledger, tmp_path / "anchor"
    anchor = FileAnchor(str(path))
    whole = []
    for number in range(2):
        quick_desk.hold(f"user{number}@example.net")
        ledger.sequence(NOW)
        ledger.anchor(anchor, NOW)
        whole.append(path.read_bytes())
    first, second = whole[0], whole[1][len(whole[0]) :]
    for cut in range(len(second)):
        path.write_bytes(first + second[:cut])
        torn = ledger.verify(anchor.read())
        assert torn.faults == (), second[:cut]
        path.write_bytes(first + second[:cut] + second)
        mended = ledger.verify(anchor.read())
        assert (mended.faults, mended.tail) == ((), 0), second[:cut]
