"""How Sphinx builds these pages: ``make docs``, with warnings as errors."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from imd import __version__

project = "imd"
author = "the imd contributors"
project_copyright = "2026, the imd contributors"
version = release = __version__

extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["newsfragments/*", "_build", "decisions/template.md"]

# Links to headings inside a page, as GitHub makes them.
myst_heading_anchors = 4
myst_enable_extensions = ["deflist", "colon_fence"]

nitpicky = True
html_theme = "furo"
html_title = f"imd {__version__}"
