"""The section [logging]."""

from typing import Literal

from pydantic import Field

from postwarden.configuration.values import Model
from postwarden.lines import Style


class LoggingSection(Model):
    """[logging]."""

    format: Literal["json", "text"] = Field(
        default="json",
        description="How serve, worker and policy write what happens to their standard error: json, an"
        " object a line; or text, for who reads along in journald.",
    )

    def settings(self) -> Style:
        """Give how lines are written."""
        return Style(self.format)
