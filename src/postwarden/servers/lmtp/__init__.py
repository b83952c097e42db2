"""Door to a delivery agent by LMTP (RFC 2033), where no better way leads to an account.

Purpose: implements `Route` of relocation for deliveries alone.
Input: host and port of the agent. Output: messages handed over, one transaction each.
Promise: what it cannot know it does not claim: a reply that was lost, or a process that died, leaves a
delivery unclear, for nothing can be looked up by LMTP. The agent adds header fields, and gives the message
the date of its own delivery.
"""

from postwarden.servers.lmtp.route import LmtpRoute

__all__ = ["LmtpRoute"]
