"""Door to Dovecot in any mailbox format, through doveadm: by command or by HTTP API.

Purpose: a `MailServer` that lists accounts and fetches facts of their messages, always as JSON
(doveadm's tab format does not escape folded headers).
Input: `StoreSettings` with `command`, or `url` and `api_key`.
Promise: no message, flag or folder changes. **What it leaves behind:** Dovecot opens the mailboxes
as it does for any client, so it may write dovecot.index*, dovecot.list.index* and dovecot-uidlist
there. JSON has no 8-bit bytes: doveadm writes U+FFFD in place of bytes that are not UTF-8.
"""

from postwarden.servers.doveadm.server import DoveadmServer

__all__ = ["DoveadmServer"]
