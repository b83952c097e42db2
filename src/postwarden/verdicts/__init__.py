"""What the evidence means, with reasons.

Purpose: a verdict for every copy: rightful, own, misdelivered, crossed or unexplained; who has seen it;
what a faulty address map did, or would do.
Input: a snapshot's tables and the provider's own names. Output: findings (frozen values).
Promise: reads only; equal evidence gives equal findings; what cannot be proved is `unexplained`.
"""
