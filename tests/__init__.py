"""Tests of imd. The tree mirrors ``imd/``; run ``make test``, or ``make test TESTS=tests.core``."""
