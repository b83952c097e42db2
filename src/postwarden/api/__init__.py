"""The API: what other programs do at the incident desk, and what watches it.

Purpose: cases, holds, plans, runs and the record for programs that act as somebody, by a personal token.
Input: HTTP requests below /api/v1. Output: JSON, and problems as RFC 9457 has them.
Promise: a program does and sees what the person behind its token may, cut by the token's scope, and is
    asked anew with each request. What is sent again with its idempotency key is done once, also after a
    crash: the answer is kept in the transaction of what was done.
"""
