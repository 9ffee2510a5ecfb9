"""Lets the tests import the modules of forkpool-fuzz."""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "fuzz" / "tool"))
