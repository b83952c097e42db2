"""Who got which message: snapshots of evidence and the engine that queries them.

Purpose: keep what the sources said, for one purpose and scope, until it expires.
Input: records of `sources`, a purpose, a scope and an expiry.
Output: snapshots, each a folder (mode 0700) of Parquet parts with a manifest, and tables over them.
Promise: a part is whole or absent; a snapshot without a finished manifest is resumed or removed, never
mistaken for a whole one. Neither subjects nor bodies are kept.
"""
