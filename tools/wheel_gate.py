#!/usr/bin/env python3
"""Judge a wheel by its contents: ``tools/wheel_gate.py WHEEL``.

A wrong list of packages is silent: the plugin goes missing, or a top-level ``tests`` gets installed. So the
wheel must hold every file of ``imd/`` in the checkout and the plugin file, and nothing else.
"""

import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PLUGIN = "twisted/plugins/imd_plugin.py"


def main() -> int:
    with zipfile.ZipFile(sys.argv[1]) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
    wanted = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "imd").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    } | {PLUGIN}
    for name in sorted(wanted - held):
        print(f"FAIL: the wheel lacks {name}")
    for name in sorted(held - wanted):
        print(f"FAIL: the wheel should not hold {name}")
    print(f"wheel: {len(held)} files")
    return int(held != wanted)


if __name__ == "__main__":
    sys.exit(main())
