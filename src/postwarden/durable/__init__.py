"""File primitives, each with the promise it keeps across a crash.

Purpose: the only way rooms write files of their own that must survive.
Input and output: paths, text and bytes.
Promise: in each docstring; after any crash a file is whole in its old or its new form, never
    between.
"""
