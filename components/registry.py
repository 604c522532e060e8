"""Finds the alerts, dashboards and rules that the modules of a package define, so that no list can miss one."""

import importlib
import pkgutil
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def registered(package: str, kind: type[T], *, first: Sequence[str] = (), last: Sequence[str] = ()) -> tuple[T, ...]:
    """Return the instances of `kind` in a package by module, in order of definition.

    Modules are sorted by name, except those in `first` and `last`, which only set the order.

    Raises:
        ValueError: `first` or `last` names a module that does not exist.
    """
    names = {module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__)}
    if unknown := {*first, *last} - names:
        raise ValueError(f"{package} has no module {', '.join(sorted(unknown))}")
    ordered = (*first, *sorted(names - {*first, *last}), *last)
    modules = [importlib.import_module(f"{package}.{name}") for name in ordered]
    return tuple(dict.fromkeys(value for module in modules for value in vars(module).values() if type(value) is kind))
