"""Tests of imd. The tree mirrors ``imd/``; run ``make test``, or ``make test TESTS=tests.core``."""

import warnings

# ``make test`` runs with warnings as errors. txredisapi 1.6.0 mixes text and bytes in one set when it is
# imported, and uses what Twisted 24.7 and later deprecate; neither is ours to repair.
for _category in (BytesWarning, DeprecationWarning):
    warnings.filterwarnings("ignore", category=_category, module=r"txredisapi$")

# Imported here, under these filters: trial reports what a test warns of whatever the filters say, so no test may be the
# first to import it.
import txredisapi  # noqa: E402, F401
from hypothesis import HealthCheck, settings  # noqa: E402

# How long an example takes says how busy the machine is, and nothing of imd.
settings.register_profile("imd", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("imd")
