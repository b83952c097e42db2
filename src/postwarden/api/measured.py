"""How long requests take, by the name of what was asked for: counted by every process, told by any of them.

A server has several processes, each of which counts in files of its own that the others read (prometheus_client's
multiprocess mode). They are in a folder that lives as long as the server (`console.serving` makes it, and names it
before this module is loaded); in one process alone there are none.
"""

import os
from functools import cache

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics
from prometheus_client.multiprocess import MultiProcessCollector

_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
disable_created_metrics()  # type: ignore[no-untyped-call]  # has no types
_SECONDS = Histogram(
    "postwarden_request_seconds",
    "Requests, by page or route and class of status, until the answer or the beginning of a stream.",
    labelnames=("route", "status"),
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10),
    registry=None,
)


def measure(route: str | None, status: int, seconds: float) -> None:
    """Count a request; in some microseconds.

    Args:
        route: the name of the page or route; None where there is none.
        status: of HTTP.
        seconds: that it took.
    """
    _histogram(route or "", status // 100).observe(seconds)


def collect_into(registry: CollectorRegistry) -> None:
    """Let a registry have what all processes of this server measured."""
    if _FOLDER in os.environ:
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]  # has no types
    else:
        registry.register(_SECONDS)


@cache
def _histogram(route: str, status: int) -> Histogram:
    return _SECONDS.labels(route, f"{status}xx")
