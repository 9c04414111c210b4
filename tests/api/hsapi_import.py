"""Imports hsapi-client 0.9.9 on Python 3.11, which it asks for.

It is written for 3.12, where a {} of an f-string may go over lines: here these lines
are joined while it is read.  Nothing else of it is changed.
"""
import importlib.machinery
import importlib.util
import re
import sys


class Joining(importlib.machinery.SourceFileLoader):
    def source_to_code(self, data, path, *, _optimize=-1):
        text = re.sub(r'(f"[^"\n]*\{)\n\s*', r"\1", data.decode())
        return super().source_to_code(text.encode(), path, _optimize=_optimize)

    def _cache_bytecode(self, *args):
        """What is compiled so is for nobody else."""


class Finder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name.split(".")[0] != "hsapi_client":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec is not None and spec.origin:
            spec.loader = Joining(name, spec.origin)
        return spec


if sys.version_info < (3, 12):
    sys.meta_path.insert(0, Finder)
