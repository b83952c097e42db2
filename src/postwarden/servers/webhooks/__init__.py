"""Door to other programs that are told of events: POSTs to where people said, and to nowhere inside the network.

Purpose: implements `Sender` of hooks.
Input: a URL, signed headers and a body. Output: an HTTP POST.
Promise: names are looked up once, and what is connected to is the address that was looked at: a name that
    leads elsewhere a moment later leads nowhere. No redirect is followed, no proxy of the environment used.
"""

from postwarden.servers.webhooks.sending import HttpSender

__all__ = ["HttpSender"]
