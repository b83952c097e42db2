"""The ledger: who did what, on what, why and when; append-only, signed, erasable.

Purpose: nothing is done without a record, and nobody can change the record unnoticed.
Input: entries, appended in the transaction of the state they describe. Output: a Merkle tree
    (RFC 6962) over salted commitments, signed tree heads kept outside, and `verify`.
Promise: an entry is there exactly when the state it describes is. Edits, deletions, swaps and
    truncation of all that an anchored head covers are found; what no head covers yet is named.
    Erasing a key makes its payloads unreadable for ever and breaks no proof.
"""
