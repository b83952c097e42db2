"""Relocation: putting copies where they belong, each exactly once.

Purpose: what an approved plan says of each misdelivered copy is done: into quarantine, to the accounts
    it was meant for, out of the mailbox it should never have come to.
Input: plans of custody; routes to the stores (`ports.Route`). Output: what became of each copy, and the
    table that accounts for every message once.
Promise: whatever fails, and whenever, each rightful account ends with one copy more and no other one; a
    copy leaves the wrong mailbox only once quarantine and every rightful account were read back. What
    cannot be decided safely waits for a person, and says what to look at.
"""
