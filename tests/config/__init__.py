"""Tests of imd.config."""
