"""Tests of imd.storage.sqlite."""
