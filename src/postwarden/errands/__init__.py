"""Errands: long work that somebody asked for and the worker does, watched while it goes on.

Purpose: a snapshot, an examination or the planning of a repair takes minutes; nobody has to wait for it with
    a page open.
Input: who asks for what. Output: an effect that a worker takes, how far it is, and what came of it.
Promise: one of a kind goes on at a time, for a case or for the evidence. What was asked, stopped and ended is
    on record. A worker that was killed leaves it due: it is begun anew, three times at most, and what was half
    made is taken for nothing. Whoever lost it reports no outcome.
"""
