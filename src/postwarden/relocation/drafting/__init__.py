"""Between examinations and repairs: what is found becomes a plan's acts, and what was done is told back.

Apart from the rest of the room, for it loads the engine that examinations need; carrying plans out does not.
"""
