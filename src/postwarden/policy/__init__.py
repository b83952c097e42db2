"""The policy server: tells Dovecot at each login whether the account is held, and why.

Purpose: held accounts are refused on every protocol with the reason, as soon as they are held.
Input: Dovecot's auth policy requests (Dovecot's documentation, "Authentication Policy"), and questions of
    webmails that keep sessions of their own; of what is known, the projection alone. Output: JSON.
Promise: nothing is changed, and nothing else of Postwarden has to run. What cannot be answered now is a
    failure (503), never an allowance: Dovecot goes on to its own look-up in the projection.
"""

from postwarden.policy.server import application, serve

__all__ = ["application", "serve"]
