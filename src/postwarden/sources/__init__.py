"""What the servers said: mail stores, logs and directories, read and never changed.

Purpose: turn a provider's stores, logs and address tables into records (`records.py`).
Input: settings (`settings.py`) and the doors of `ports.py`.
Output: iterators of records; what cannot be read becomes a `ProblemRecord` and stops nothing.
Promise: strictly read-only, access times included where the system allows it; a crash leaves nothing.
"""
