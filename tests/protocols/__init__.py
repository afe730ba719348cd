"""Tests of imd.protocols."""
