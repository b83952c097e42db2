"""The section [holds]: the projection, the policy server, and the Dovecots to act on."""

import os
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from postwarden.configuration.keys import WithKey
from postwarden.configuration.values import FilePath, Model, host_and_port, some
from postwarden.holds.settings import REMIND_HOURS, DovecotSettings, HoldSettings, WebmailSettings


class _Dovecot(WithKey):
    url: Annotated[str, AfterValidator(some)] = Field(
        description="Of its doveadm HTTP API, such as http://127.0.0.1:8080/doveadm/v1."
    )

    @model_validator(mode="after")
    def _with_key(self) -> "_Dovecot":
        self.check_one_key()
        return self


class _Webmail(Model):
    url: Annotated[str, AfterValidator(some)] = Field(
        description="Where it is told by POST which accounts are held, and which no longer are."
    )
    key: Annotated[str, AfterValidator(some)] | None = Field(
        default=None, description="Shown to it as a bearer token."
    )


class HoldsSection(Model):
    """[holds]."""

    path: FilePath | None = Field(
        default=None,
        description="Folder of the file that Dovecot and Postfix of this host read, for nothing"
        " else. Without it, holds beside the file.",
    )
    policy: Annotated[str, AfterValidator(host_and_port)] = Field(
        default="127.0.0.1:11800", description="Where the policy server of this host listens."
    )
    policy_key: Annotated[str, AfterValidator(some)] | None = Field(
        default=None,
        description="What Dovecot must show the policy server; without it, any local process may"
        " ask which accounts are held.",
    )
    remind_hours: int = Field(
        default=REMIND_HOURS,
        ge=1,
        description="How long a hold lasts until the case recalls it, and releases who is proven"
        " clean; again and again after.",
    )
    dovecot: list[_Dovecot] = Field(
        default=[],
        description="Those that serve the accounts: their sessions are ended. Redirects are"
        " suspended on the first one.",
    )
    webmail: list[_Webmail] = Field(
        default=[], description="Webmails that keep sessions of their own, to be told of holds."
    )

    def settings(self, base: str) -> HoldSettings:
        """Give the room's settings."""
        host, _, port = self.policy.rpartition(":")
        return HoldSettings(
            path=self.path or os.path.join(base, "holds"),
            host=host,
            port=int(port),
            key=self.policy_key,
            dovecots=tuple(DovecotSettings(one.url, one.key() or "") for one in self.dovecot),
            webmails=tuple(WebmailSettings(one.url, one.key) for one in self.webmail),
            remind_hours=self.remind_hours,
        )
