"""Break-glass: one message's content, for who said why, once somebody else agreed, for a short time.

Purpose: content is seen by no other way, and never by one person alone.
Input: a stored copy, a case, a justification; the signature of a second person. Output: the message as
    text alone, to who asked, while the time lasts.
Promise: what is shown is the copy that was asked for and no other; the intent is on record before the
    store is asked, and what came of it after. Taking a right or a key away ends it at once. Nothing of
    the message is kept.
"""
