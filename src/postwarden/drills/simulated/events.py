"""Events exported by Dovecot's event_exporter, format json with RFC 3339 times."""

import json
from collections.abc import Mapping

from postwarden.drills.simulated.clock import rfc3339
from postwarden.drills.simulated.logs import EVENTS, Line
from postwarden.drills.simulated.site import Site


def export(site: Site, name: str, fields: Mapping[str, object]) -> Line:
    """Export one event that ends now."""
    now = site.clock.tick()
    record = {
        "event": name,
        "hostname": "mx1",
        "start_time": rfc3339(now - 100),
        "end_time": rfc3339(now),
        "fields": fields,
    }
    return site.logs.write(EVENTS, "stats", json.dumps(record, separators=(",", ":")))
