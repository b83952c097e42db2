"""The drill: real mail goes astray on a lab, and the whole case is worked on it.

Purpose: practise the case that Postwarden is made for, and learn what it finds, how long each step takes
and what it misses, against a truth that is known.
Input: a lab (`drills.lab`), real messages (`stock`), a seed.
Output: below the lab's folder, in `drill/`: what each command of the case printed, the truth, and the
facts of the after-action report (`report`).
Promise: only the lab is touched, and none that somebody works with. The truth is written after the case
is over and is read by nothing of Postwarden. What lies in the mailboxes before and after is read with code
of the drill's own (`stores`); where it is not what the drill knows to be true, nothing is judged.
"""
