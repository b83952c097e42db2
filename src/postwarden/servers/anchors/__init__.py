"""Places on other hosts that keep signed tree heads: by HTTP, and by SSH."""

from postwarden.servers.anchors.http import HttpAnchor
from postwarden.servers.anchors.ssh import SshAnchor

__all__ = ["HttpAnchor", "SshAnchor"]
