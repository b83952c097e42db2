"""Custody: frozen plans and other people's approvals, which every dangerous act goes through.

Purpose: what runs is exactly what somebody else approved, or nothing runs.
Input: acts that rooms propose; approvals signed by enrolled keys. Output: plans that may begin.
Promise: a plan is frozen with a hash over every act; an approval is another person's signature over
    hash, count and expiry, kept and checked again by `verify`. None is used twice, two at once count
    once, and a requester never approves.
"""
