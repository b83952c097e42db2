"""For what watches: whether this process lives, whether it can answer, and figures for Prometheus.

Figures are counted in the state when they are asked for, so that every process gives the same ones; they
name nobody, no account and no case.
"""

from collections.abc import Iterator

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Metric, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from postwarden.api import problems
from postwarden.api.gate import ApiRequest, Bearer
from postwarden.cases.service import count_cases
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
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


class _Figures(Collector):
    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms

    def collect(self) -> Iterator[Metric]:
        """Count."""
        cases = GaugeMetricFamily("postwarden_cases", "Cases.", labels=["stage"])
        for stage, count in count_cases().items():
            cases.add_metric([stage], count)
        held = GaugeMetricFamily("postwarden_holds", "Open holds.", labels=["kind"])
        for kind, count in count_held().items():
            held.add_metric([kind], count)
        yield from (cases, held, *_effects())
        newest = next(iter(self._rooms.ledger.heads(1)), None)
        leaves = GaugeMetricFamily("postwarden_ledger_leaves", "Entries under a signed head.")
        leaves.add_metric([], 0 if newest is None else newest.size)
        yield leaves


def _effects() -> Iterator[Metric]:
    """Say what the worker has still to do: how much of what kind, what fails, and how late it is."""
    kind = ["kind"]
    waiting = GaugeMetricFamily("postwarden_effects_waiting", "To be carried out.", labels=kind)
    failing = GaugeMetricFamily("postwarden_effects_failing", "Of these, failed once.", labels=kind)
    late = GaugeMetricFamily("postwarden_effects_late_seconds", "The oldest overdue.", labels=kind)
    now = present()
    for one in outbox.backlog():
        waiting.add_metric([one.kind], one.waiting)
        failing.add_metric([one.kind], one.failing)
        late.add_metric([one.kind], max(now - one.due, 0) / _SECOND)
    yield from (waiting, failing, late)
