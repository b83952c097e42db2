"""For what watches: whether this process lives, whether it can answer, and figures for Prometheus.

Figures are counted in the state when they are asked for, and those of requests in files that all processes of a
server share, so that every process gives the same ones; they name nobody, no account and no case.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from postwarden.api import problems
from postwarden.api.gate import ApiRequest, Bearer
from postwarden.api.measured import collect_into
from postwarden.cases.service import Due, count_cases, running_clocks
from postwarden.errands.service import count_going
from postwarden.holds.service import count_held
from postwarden.people.service import BadToken, Permission
from postwarden.rooms import Rooms, present
from postwarden.state import outbox
from postwarden.vocabulary import PostwardenError

_SECOND = 1_000_000


@require_GET
def live(_: HttpRequest) -> HttpResponse:
    """Say that this process answers; it looks at nothing."""
    return JsonResponse({"status": "pass"})


@require_GET
def ready(request: ApiRequest) -> HttpResponse:
    """Say that the state can be read; 503 where it cannot."""
    try:
        request.rooms.ledger.heads(1)
    except Exception as error:  # noqa: BLE001  # `of` raises again what is no failure of the database
        return problems.of(error)
    return JsonResponse({"status": "pass"})


@csrf_exempt
@require_GET
def metrics(request: ApiRequest) -> HttpResponse:
    """Give figures in Prometheus's words, to who brings a token with `api:metrics:read` for everything."""
    try:
        who = Bearer((Permission.METRICS_READ,))(request)
        if who is None:
            raise BadToken("none was given")
        who.allowed(Permission.METRICS_READ)
    except PostwardenError as error:
        return problems.of(error)
    registry = CollectorRegistry()
    registry.register(_Figures(request.rooms))
    collect_into(registry)
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def collect(self) -> Iterator[Metric]:
        """Count."""
        cases = (((stage,), count) for stage, count in count_cases().items())
        yield _gauge("cases", "Cases, restricted ones left out.", ("stage",), cases)
        held = (((kind,), count) for kind, count in count_held().items())
        yield _gauge("holds", "Open holds.", ("kind",), held)
        going = count_going().items()
        yield _gauge("errands", "Work that somebody waits for.", ("kind", "stage"), going)
        yield from (*_effects(), *_clocks(), *_worker(), *self._ledger())

    def _ledger(self) -> Iterator[Metric]:
        """Say how much stands under a signed head, how much waits for one, and when the last was signed."""
        newest = next(iter(self._rooms.ledger.heads(1)), None)
        size = 0 if newest is None else newest.size
        yield _gauge("ledger_leaves", "Entries under a signed head.", (), [((), size)])
        unsigned = self._rooms.ledger.unsigned()
        yield _gauge("ledger_unsigned", "Entries that wait for a head.", (), [((), unsigned)])
        signed = [] if newest is None else [((), newest.at / _SECOND)]
        yield _gauge("ledger_head_timestamp_seconds", "When the last head was signed.", (), signed)


def _gauge(
    name: str, meaning: str, labels: Sequence[str], values: Iterable[tuple[Sequence[str], float]]
) -> Metric:
    gauge = GaugeMetricFamily(f"postwarden_{name}", meaning, labels=labels)
    for key, value in values:
        gauge.add_metric(key, value)
    return gauge


def _clocks() -> Iterator[Metric]:
    """Say how many clocks run in open cases, and when the first of them runs out."""
    due, ends = ("due",), defaultdict[Due, list[float]](list)
    for one in running_clocks():
        ends[one.due].append(one.until / _SECOND)
    counts = (((one,), len(ends[one])) for one in Due)
    yield _gauge("clocks", "Clocks that run, by what is to be done.", due, counts)
    first = (((one,), min(times)) for one, times in ends.items() if times)
    yield _gauge("clock_next_timestamp_seconds", "When the first of them runs out.", due, first)


def _worker() -> Iterator[Metric]:
    """Say when a worker last was at work; nothing where none ever was."""
    last = outbox.last_sign()
    seen = [] if last is None else [((), last / _SECOND)]
    yield _gauge("worker_seen_timestamp_seconds", "When a worker last was at work.", (), seen)


def _effects() -> Iterator[Metric]:
    """Say what the worker has still to do: how much of what kind, what fails, and how late it is."""
    now, kind, kinds = present(), ("kind",), outbox.backlog()
    waiting = (((one.kind,), one.waiting) for one in kinds)
    yield _gauge("effects_waiting", "To be carried out.", kind, waiting)
    failing = (((one.kind,), one.failing) for one in kinds)
    yield _gauge("effects_failing", "Of these, failed once.", kind, failing)
    late = (((one.kind,), max(now - one.due, 0) / _SECOND) for one in kinds)
    yield _gauge("effects_late_seconds", "The oldest overdue.", kind, late)
