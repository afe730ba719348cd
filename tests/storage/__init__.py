"""Tests of imd.storage that only one of the stores needs; what all stores promise is in tests/contracts/."""
