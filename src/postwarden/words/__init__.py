"""Sentences: what the codes of rooms say to people, for every shell.

Purpose: one place for the words, so that command line and console say the same.
Input: codes and frozen values of rooms. Output: English text.
Promise: pure; every code has its sentence, which tests hold to.
"""
