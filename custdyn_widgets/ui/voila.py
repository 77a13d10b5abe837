"""What Voilà says of the page: its link, and whether a reader is there yet."""

from __future__ import annotations

import io
import os
from contextlib import redirect_stderr

from custdyn_widgets.environment import PREHEAT_VARIABLE, QUERY_STRING_VARIABLE
from custdyn_widgets.views.quick_jsonschema import quick_jsonschema


def link_of_the_page() -> str:
    """The parameters that the page was opened with, as far as they are known; none in a notebook.

    Where Voilà has prepared this kernel beforehand, it waits here until a reader comes. Should
    the server be too busy to take that call, the page itself tells its address later.
    """
    if prepared_beforehand():
        with quick_jsonschema():  # slow to import: only where it is needed
            from voila.utils import get_query_string

        with redirect_stderr(io.StringIO()):  # a complaint about a busy server is not for readers
            return get_query_string() or ""
    return os.environ.get(QUERY_STRING_VARIABLE, "")


def prepared_beforehand() -> bool:
    """Whether Voilà has started this kernel before there is a reader for it."""
    return os.environ.get(PREHEAT_VARIABLE) == "True"
