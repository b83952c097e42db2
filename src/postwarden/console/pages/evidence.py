"""Evidence: the snapshots, what they are for, and where their logs say nothing."""

import re

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from postwarden.console.gate import DeskRequest, Page
from postwarden.console.strip import WIDTH, strips
from postwarden.people.service import Permission
from postwarden.rooms import present

_NAME = re.compile(r"\d{8}T\d{6}Z(?:-\d+)?")


def every(request: DeskRequest) -> HttpResponse:
    """List the snapshots, newest first."""
    from postwarden.evidence.service import finished  # noqa: PLC0415  # slow to load

    snapshots = finished(request.rooms.configuration.evidence.path)
    settings = request.rooms.configuration
    told = {
        "snapshots": snapshots[::-1],
        "now": present(),
        "stores": settings.stores,
        "logs": settings.logs,
        "directories": settings.directories,
    }
    return render(request, "console/evidence.html", told)


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
    Page("evidence/<str:snapshot>/", "evidence-one", one, _READS),
)
