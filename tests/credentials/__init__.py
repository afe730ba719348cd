"""Tests of imd.credentials."""
