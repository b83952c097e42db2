"""Places on other hosts that keep signed tree heads, by HTTP and by SSH, or that stamp them."""

from postwarden.servers.anchors.http import HttpAnchor
from postwarden.servers.anchors.ssh import SshAnchor
from postwarden.servers.anchors.stamped import StampedAnchor

__all__ = ["HttpAnchor", "SshAnchor", "StampedAnchor"]
