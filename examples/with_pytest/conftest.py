"""The fixture `closelab`: a server for each test. Here the module is one folder up; put yours beside this file."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
pytest_plugins = ["closelab"]
