"""Tests of imd.net."""
