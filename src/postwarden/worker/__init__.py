"""The worker: what goes on by itself while Postwarden runs.

Purpose: sign and anchor tree heads at their interval, and whatever else is due.
Input: the state. Output: heads at the anchors; a line on standard error for what went wrong.
Promise: killed at any time and started again, it goes on; two at once do no harm. An anchor that is slow
    or away keeps nothing else waiting, and holds are tried again within seconds whatever went wrong.
"""
