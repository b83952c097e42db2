"""Who works with Postwarden, and who is concerned: organisations, identities, roles, keys, persons.

Purpose: say who may do what for which organisation, and whose signature is whose.
Input: the [[organisations]] and [people] sections, and what `postwarden person` is told.
Output: frozen values; permissions decided by pure rules.
Promise: an identity, a role or a key is there whole or not at all, with its ledger entry; a key that
    was revoked stays known, so that old signatures can still be told apart from forged ones.
"""
