"""Telling webmails: a POST of JSON, `{"accounts": [{"account": …, "held": true, "reason": …}]}`."""

import json
from collections.abc import Mapping, Sequence

import httpx

from postwarden.holds.service import ControlError
from postwarden.holds.settings import WebmailSettings
from postwarden.servers.http import fetch

_SECONDS = 10
_MOST = 1 << 20


class WebmailHooks:
    """Tells every webmail; each may take so many seconds for its whole answer. No redirect is followed."""

    def __init__(self, webmails: Sequence[WebmailSettings], seconds: float = _SECONDS) -> None:
        self._webmails = webmails
        self._seconds = seconds

    def tell(self, reasons: Mapping[str, str | None]) -> None:
        """Tell what holders are told by account, None where the account is not held (any more).

        Raises:
            ControlError: a webmail did not answer with success; the others were told.
        """
        accounts = [
            {"account": account, "held": reason is not None, "reason": reason or ""}
            for account, reason in sorted(reasons.items())
        ]
        troubles = [
            trouble for webmail in self._webmails if (trouble := self._post(webmail, accounts))
        ]
        if troubles:
            raise ControlError("; ".join(troubles))

    def _post(
        self, webmail: WebmailSettings, accounts: Sequence[Mapping[str, object]]
    ) -> str | None:
        """Give what went wrong."""
        headers = {"Content-Type": "application/json"}
        if webmail.key is not None:
            headers["Authorization"] = f"Bearer {webmail.key}"
        content = json.dumps({"accounts": accounts}).encode()
        try:
            fetch(
                "POST",
                webmail.url,
                seconds=self._seconds,
                most=_MOST,
                content=content,
                headers=headers,
            )
        except httpx.HTTPStatusError as error:
            return f"webmail {webmail.url}: answered with status {error.response.status_code}"
        except httpx.HTTPError as error:
            return f"webmail {webmail.url}: {error}"
        return None
