"""Tests of imd.core."""
