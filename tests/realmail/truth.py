"""What the scenario knows of every copy, because it chose each act."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from realmail.cast import INTENDED


@dataclass
class Row:
    """One copy: where it lies (or lay), whose it is and what its holder did with it.

    Attributes:
        verdict: what is right to say: "rightful", "own", "misdelivered".
        accept: verdicts that nobody could call wrong from the evidence left; includes `verdict`.
        rightful: accounts that the intended directory leads to.
        original_recipients: all that were folded into this copy.
        second_hand: reached this mailbox by a holder's redirect or copy; None where that is
            a matter of definition (copies within one account).
        acts: of the holder: opened, listed, retrieved, topped, copied, moved, redirected.
        file: path below the Maildir, cut at ":2,"; None for a gone copy, and where two copies of
            one message in one folder differ only in how they came.
    """

    account: str
    folder: str
    message_id: str
    verdict: str
    rightful: list[str]
    original_recipients: list[str]
    body_sha256: str
    act: str
    accept: list[str] = field(default_factory=list)
    second_hand: bool | None = False
    gone: bool = False
    acts: list[str] = field(default_factory=list)
    file: str | None = None
    has_rightful_copy: bool | None = None

    def as_json(self) -> dict[str, object]:
        """Give the row with what follows from its fields."""
        return asdict(self) | {
            "accept": sorted({self.verdict, *self.accept}),
            "original_recipient": self.original_recipients[0] if self.original_recipients else None,
            "opened": bool({"opened", "retrieved"} & set(self.acts)) or self._never(),
            "other_message": None,
        }

    def _never(self) -> bool | None:
        """False; None for a copy within the account, whose source may have been opened."""
        return None if self.second_hand is None else False


class Truth:
    """All rows, in the order in which they became true."""

    def __init__(self) -> None:
        self.rows: list[Row] = []

    def delivered(
        self, message_id: str, body: str, sent_to: dict[str, list[str]], single: bool, act: str
    ) -> list[Row]:
        """Note a delivery: `sent_to` is holder to the original recipients that led there in fact.

        With several recipients in one transaction (not `single`) one holder gets one copy.
        """
        new = []
        for account, originals in sent_to.items():
            for group in [[each] for each in originals] if single else [originals]:
                meant = sorted({holder for each in group for holder in INTENDED.holders(each)})
                verdict = "rightful" if account in meant else "misdelivered"
                new.append(Row(account, "INBOX", message_id, verdict, meant, group, body, act))
        self.rows += new
        return new

    def add(
        self,
        source: Row,
        account: str,
        folder: str,
        verdict: str,
        *,
        act: str,
        second_hand: bool | None = False,
        accept: tuple[str, ...] = (),
    ) -> Row:
        """Note a copy made of another one."""
        row = replace(
            source,
            account=account,
            folder=folder,
            verdict=verdict,
            act=act,
            accept=list(accept),
            second_hand=second_hand,
            gone=False,
            acts=[],
        )
        self.rows.append(row)
        return row

    def here(self, account: str, folder: str = "INBOX") -> list[Row]:
        """Give the rows of copies that lie in a folder."""
        return [r for r in self.rows if (r.account, r.folder, r.gone) == (account, folder, False)]

    def settle(self, stored: Iterable[tuple[str, str, str, str]]) -> None:
        """Hold the rows against what is stored (account, folder, message_id, file).

        Raises:
            AssertionError: the store and the rows differ, so the scenario does not know the truth.
        """
        files: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        for account, folder, message_id, file in stored:
            files[account, folder, message_id].append(file)
        rows: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        for row in self.rows:
            if not row.gone:
                rows[row.account, row.folder, row.message_id].append(row)
        counts = {key: (len(rows[key]), len(files[key])) for key in {*rows, *files}}
        wrong = {key: pair for key, pair in counts.items() if pair[0] != pair[1]}
        assert not wrong, f"rows and files differ: {wrong}"
        for key, group in rows.items():
            if len({row.verdict for row in group}) == 1:
                for row, file in zip(group, sorted(files[key]), strict=True):
                    row.file = file
        self._look_for_rightful_copies()

    def _look_for_rightful_copies(self) -> None:
        holders = {(r.message_id, r.account) for r in self.rows if r.verdict == "rightful"}
        for row in self.rows:
            if row.verdict == "misdelivered":
                row.has_rightful_copy = all((row.message_id, a) in holders for a in row.rightful)

    def write(self, path: Path) -> None:
        """Write the rows as JSON, one a line."""
        path.write_text("".join(json.dumps(row.as_json()) + "\n" for row in self.rows))
