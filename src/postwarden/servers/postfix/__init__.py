"""Door to the Postfix of this host: its settings, and its queue.

Purpose: gives the doctor the settings in force at each smtpd of master.cf, and implements its `Queue`.
Input: the folder of main.cf. Output: what postconf(1), postqueue(1) and postcat(1) print, as values.
Promise: reads, but for held probe messages of the throw-away account to itself, which postsuper(1) removes
after each was looked at. Reading needs no rights; looking at messages and removing them needs root.
"""

from postwarden.servers.postfix.facts import PostfixMissing, postfix_facts
from postwarden.servers.postfix.facts import doors as postfix_doors
from postwarden.servers.postfix.queue import PostfixQueue

__all__ = ["PostfixMissing", "PostfixQueue", "postfix_doors", "postfix_facts"]
