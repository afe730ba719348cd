"""Tests of imd.storage.redis, on a real redis-server; what all stores promise is in tests/contracts/."""
