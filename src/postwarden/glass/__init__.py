"""Break-glass: one message's content, for who said why, once somebody else agreed, for a short time.

Purpose: content is seen by no other way, and never by one person alone.
Input: a stored copy, a case, a justification; the signature of a second person. Output: the message as
    text alone, to who asked, while the time lasts: fetched by the worker, which alone may ask the stores.
Promise: what is shown is the copy that was asked for and no other; the intent is on record before the
    store is asked, and what came of it after. Taking a right or a key away ends it at once. On its way to who
    reads the message is sealed for their browser alone, for minutes; nothing of it is kept after that.
"""
