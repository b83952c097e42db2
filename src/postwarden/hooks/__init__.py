"""Webhooks: other programs are told that something happened.

Purpose: programs need not ask again and again; they hear what happened, and then ask what they may know.
Input: entries of the ledger that have their leaf; subscriptions of people. Output: signed POSTs of
    identifiers (Standard Webhooks), never of personal data.
Promise: whoever subscribed to an event and may know of it is told at least once, in the order of the ledger
    as far as they answer, for two days of trying; what was told can be told again, with the same id.
"""
