"""The scan of Maildirs, and the scan of the same again, beside other readers."""

import gc
import os
import shutil
from collections.abc import Iterator
from functools import partial
from itertools import count

from bench import others
from bench.measuring import Spent, interleaved, spent
from bench.rows import Row, at_least
from bench.store import DOMAINS, HOSTS, Plan, files, write_store
from postwarden.evidence.settings import EvidenceSettings, Scope
from postwarden.evidence.storescan import StoreTask, scan_store
from postwarden.servers.doveadm import DoveadmServer
from postwarden.sources.service import StoreSettings
from postwarden.vocabulary import Provider

FULL = Plan(messages=100_000, mailboxes=2_000)
SMALL = Plan(messages=400, mailboxes=80)
_SAMPLE = 10_000


class Scans:
    """Scans of one store into snapshots below one folder."""

    def __init__(self, mail: str, place: str) -> None:
        self._place = place
        self._mail = mail
        self._numbers = count()

    def run(self, processes: int, previous: str | None = None) -> str:
        """Scan as the command does; give the folder of the snapshot."""
        folder = os.path.join(self._place, f"snapshot-{next(self._numbers)}")
        for table in ("copies", "problems"):
            os.makedirs(os.path.join(folder, table))
        settings = EvidenceSettings(self._place, "bench", 1, processes=processes)
        store = StoreSettings("store1", "maildir", f"{self._mail}/{{domain}}/{{local}}/Maildir")
        provider = Provider(
            "Example Mail", frozenset(f"d{n:02d}.example" for n in range(DOMAINS)), HOSTS
        )
        task = StoreTask(store, provider, settings, Scope(), DoveadmServer(), previous)
        scan_store(folder, task, lambda *_: None)
        return folder


def scan(place: str, corpus: str, *, small: bool) -> Iterator[Row]:
    """Measure the scan, then the other readers on a sample of the same store."""
    mail = _store(place, corpus, SMALL if small else FULL)
    every = list(files(mail))
    sample = every[: len(every) // 10]
    scans = Scans(mail, os.path.join(place, "scans"))
    rounds = 1 if small else 3
    found = interleaved(
        {
            "scan": partial(scans.run, 2),
            "one": partial(scans.run, 1),
            "parser": partial(others.header_parser, sample),
            "reading": partial(others.read_first_by, every, 2),
            "first": partial(others.read_first, every),
        },
        rounds,
    )
    shutil.rmtree(os.path.join(place, "scans"))
    yield from _scan_rows(found, len(every), len(sample))
    yield from _indexers(place, mail, found["scan"].wall / len(every), small=small)


def _scan_rows(found: dict[str, Spent], every: int, sample: int) -> Iterator[Row]:
    each = found["scan"].wall / every
    parser = found["parser"]
    yield Row("scan: two processes, to Parquet", every / found["scan"].wall, "messages/s")
    yield Row("scan: one process, CPU time", found["one"].cpu / every * 1e6, "us/message")
    yield at_least("scan: of BytesHeaderParser, one process", parser.wall / sample / each, "x", 20)
    by_cpu = parser.cpu / sample / (found["one"].cpu / every / 2)
    yield Row("scan: the same by CPU time, halved for two processes", by_cpu, "x")
    share = found["reading"].wall / found["scan"].wall * 100
    yield at_least("scan: of the rate of reading 8 KiB, same processes", share, "%", 10)
    share = found["first"].cpu / found["one"].cpu * 100
    yield Row("scan: the same by CPU time, one process", share, "%")


def _indexers(place: str, mail: str, each: float, *, small: bool) -> Iterator[Row]:
    """Measure what indexes bodies too, on the first domains: they take long for each message."""
    part = os.path.join(place, "sample")
    for domain in sorted(os.listdir(mail))[: 2 if small else 1]:
        shutil.copytree(f"{mail}/{domain}", f"{part}/{domain}", copy_function=os.link)
    number = len(list(files(part)))
    for name, index, wanted in (
        ("mu index", others.mu_index, 40),
        ("notmuch new", others.notmuch_new, 100),
    ):
        if shutil.which(name.split()[0]) is None:
            continue
        home = os.path.join(place, name.split()[0])
        took = spent(partial(index, part, home))
        shutil.rmtree(home)
        told = f"scan: of {name} (bodies too; {number:,} messages)"
        yield at_least(told, took.wall / number / each, "x", wanted)
    shutil.rmtree(part)


def rescan(place: str, corpus: str, *, small: bool) -> Iterator[Row]:
    """Measure the scan of an unchanged store that an earlier scan knows."""
    mail = _store(place, corpus, SMALL if small else FULL)
    scans = Scans(mail, os.path.join(place, "scans"))
    gc.collect()
    folders: list[str] = []
    first = [spent(lambda: folders.append(scans.run(2))) for _ in range(1 if small else 3)]
    again = [spent(lambda: scans.run(2, folders[-1])) for _ in range(3)]
    shutil.rmtree(os.path.join(place, "scans"))
    before, after = _middle(first), _middle(again)
    yield Row("rescan: unchanged, wall", after, "s")
    yield at_least("rescan: of the scan, start of workers included", before / after, "x", 30)


def _middle(found: list[Spent]) -> float:
    return sorted(one.wall for one in found)[len(found) // 2]


def _store(place: str, corpus: str, plan: Plan) -> str:
    mail = os.path.join(place, f"mail-{plan.messages}")
    done = f"{mail}.complete"
    if not os.path.exists(done):
        shutil.rmtree(mail, ignore_errors=True)
        write_store(mail, corpus, plan)
        with open(done, "w", encoding="utf-8"):
            pass
    return mail
