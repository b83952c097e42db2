"""Door to a CSV file that says who is behind an account.

Purpose: answer as `Persons`. Input: `PeopleSettings` with `path` and what its columns are called.
Output: people by account.
Promise: the file is read once a call, line by line, and nothing of others is kept.
"""
