"""Altair in a notebook: no network is asked, from the import of this package on."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

RENDERER = "custdyn"
"""The entry point of the renderer that needs no network: see `ui.chart_output.renderer`."""


def charts_offline() -> None:
    """Turns the renderer on, now or as soon as Altair is imported; one that was chosen stays."""
    if "ipykernel" not in sys.modules:
        return
    if "altair" in sys.modules:
        _turn_on()
    else:
        sys.meta_path.insert(0, _WhenImported())


def _turn_on() -> None:
    altair = sys.modules["altair"]
    if altair.renderers.active == "default":
        altair.renderers.enable(RENDERER)
        if altair.data_transformers.active == "default":
            altair.data_transformers.disable_max_rows()  # the file keeps a picture, not the rows


class _WhenImported(MetaPathFinder):
    """Finds Altair as ever, once, and turns the renderer on after its import."""

    def find_spec(
        self, name: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != "altair":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        if spec is not None and spec.loader is not None:
            loader: Any = spec.loader
            execute = loader.exec_module

            def exec_module(module: ModuleType) -> None:
                execute(module)
                _turn_on()

            loader.exec_module = exec_module
        return spec
