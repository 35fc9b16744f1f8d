"""Sphinx: MyST pages, the Furo theme, the reference from docstrings. ``scripts/check docs`` builds it strictly."""

import importlib
import logging
import sys
from pathlib import Path

from holdfast import __version__

# Autodoc imports everything a second time with typing.TYPE_CHECKING on, which FastAPI's models do not survive.
importlib.import_module("fastapi")

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

# Importing the theme's colours turns every library's INFO messages on.
logging.getLogger("alembic").setLevel(logging.WARNING)

project = "Holdfast"
author = "The Holdfast authors"
copyright = "The Holdfast authors, Apache-2.0"  # noqa: A001 -- Sphinx reads this name
release = version = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "holdfast_reference"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]

autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
# The same short name lives in several packages (an ``Approval`` is one thing in the log, another in a message).
suppress_warnings = ["ref.python"]

html_theme = "furo"
html_title = f"Holdfast {release}"
html_copy_source = False
html_show_sphinx = False
html_theme_options = {"navigation_with_keys": True}
