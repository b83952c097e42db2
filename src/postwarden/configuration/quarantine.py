"""The section [quarantine]: where removed copies are kept, for how long, and who can open them."""

import os
from typing import Annotated

from pydantic import AfterValidator, Field

from postwarden.configuration.values import FilePath, Model
from postwarden.custody.quarantine.settings import DAYS, QuarantineSettings


def _recipient(value: str) -> str:
    from pyrage import RecipientError, x25519  # noqa: PLC0415  # loaded where one is named

    try:
        x25519.Recipient.from_str(value)
    except RecipientError as error:
        raise ValueError(
            "write age recipients (age1…), as `postwarden quarantine key FILE` prints them"
        ) from error
    return value


class QuarantineSection(Model):
    """[quarantine]."""

    path: FilePath | None = Field(
        default=None,
        description="Folder of what is in quarantine, for nothing else. Without it, quarantine beside"
        " the file.",
    )
    recipients: list[Annotated[str, AfterValidator(_recipient)]] = Field(
        default=[],
        description="age recipients (age1…) of the installation. Whoever has the private half of one"
        " can open what is kept from then on; running needs none. Nothing is repaired without any.",
    )
    days: int = Field(
        default=DAYS,
        ge=1,
        description="How long a removed copy is kept, until the worker removes it.",
    )

    def settings(self, base: str) -> QuarantineSettings:
        """Give the room's settings."""
        return QuarantineSettings(
            path=self.path or os.path.join(base, "quarantine"),
            recipients=tuple(self.recipients),
            days=self.days,
        )
