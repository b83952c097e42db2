"""Evidence: the snapshots, what they are for, and where their logs say nothing."""

import re
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from postwarden.console.gate import DeskRequest, Page
from postwarden.console.health import health
from postwarden.console.scan_form import Scanning
from postwarden.console.strip import WIDTH, strips
from postwarden.evidence.settings import has_snapshot
from postwarden.people.service import Permission
from postwarden.rooms import present

_NAME = re.compile(r"\d{8}T\d{6}Z(?:-\d+)?")


def every(request: DeskRequest) -> HttpResponse:
    """List the snapshots, newest first."""
    from postwarden.evidence.service import finished  # noqa: PLC0415  # slow to load

    snapshots = finished(request.rooms.configuration.evidence.path)
    scans = request.rooms.errands.scans(request.member)
    told = {
        "snapshots": snapshots[::-1],
        "scans": scans,
        "going": next((one for one in scans if one.goes_on), None),
        "takes": request.member.organisations(Permission.EVIDENCE_TAKE) != frozenset(),
        **_sources(request),
    }
    return render(request, "console/evidence.html", told)


def scan(request: DeskRequest) -> HttpResponse:
    """Ask for a snapshot, after showing what it reads and keeps."""
    form = Scanning(request)
    if form.sent:
        with form.refusals():
            errand = form.ask()
            messages.success(request, _("Asked for. You may close this page meanwhile."))
            return redirect("work-one", number=errand.number)
    first = not has_snapshot(request.rooms.configuration.evidence.path)
    told = {"form": form, "first": first, "health": health(request.rooms), **_sources(request)}
    return render(request, "console/scan.html", told, status=form.status)


def _sources(request: DeskRequest) -> dict[str, Any]:
    settings = request.rooms.configuration
    return {
        "now": present(),
        "stores": settings.stores,
        "logs": settings.logs,
        "directories": settings.directories,
        "sources": len(settings.stores) + len(settings.logs) + len(settings.directories),
    }


def one(request: DeskRequest, snapshot: str) -> HttpResponse:
    """Show one snapshot: scope, sources, and the hours that logs are missing for."""
    from postwarden.evidence.service import NoSnapshot, coverage_of  # noqa: PLC0415  # slow to load

    root = request.rooms.configuration.evidence.path
    try:
        found = coverage_of(root, snapshot) if _NAME.fullmatch(snapshot) else None
    except NoSnapshot:
        found = None
    if found is None:
        told = {"status": 404, "told": _("There is no such snapshot.")}
        return render(request, "console/trouble.html", told, status=404)
    covered = [(f"{span.server} {span.host}", span.first, span.last) for span in found.spans]
    gaps = [(f"{gap.server} {gap.host}", gap.since, gap.until) for gap in found.gaps]
    told = {
        "found": found,
        "rows": dict(found.manifest.rows),
        "strips": strips(covered, gaps),
        "width": WIDTH,
        "now": present(),
    }
    return render(request, "console/snapshot.html", told)


_READS = (Permission.EVIDENCE_READ,)
PAGES = (
    Page("evidence/", "evidence", every, _READS),
    Page("evidence/take/", "evidence-take", scan, (Permission.EVIDENCE_TAKE,)),
    Page("evidence/<str:snapshot>/", "evidence-one", one, _READS),
)
