"""What webhooks may reach."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HookSettings:
    """The [webhooks] section.

    Attributes:
        internal: programs may be reached without TLS, and inside the network, too.
    """

    internal: bool = False
