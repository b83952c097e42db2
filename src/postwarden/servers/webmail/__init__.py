"""Door to webmails that keep sessions of their own: they are told by HTTP whose account is held.

Purpose: implements `Webmail` of holds.
Input: each webmail's address and key; accounts with what is to be told. Output: an HTTP POST to each.
Promise: a webmail that did not answer with success is told again; it may be told the same twice.
"""

from postwarden.servers.webmail.hook import WebmailHooks

__all__ = ["WebmailHooks"]
