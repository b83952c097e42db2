"""The section [webhooks]."""

from pydantic import Field

from postwarden.configuration.values import Model
from postwarden.hooks.settings import HookSettings


class HooksSection(Model):
    """[webhooks]."""

    internal: bool = Field(
        default=False,
        description="Programs may be told without TLS, and at addresses inside your network: whoever may"
        " add a webhook then reaches what this host reaches.",
    )

    def settings(self) -> HookSettings:
        """Give the room's settings."""
        return HookSettings(internal=self.internal)
