"""A field for a colour."""

from __future__ import annotations

import traitlets

from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget


class ColorField(Widget):
    """`value` is the colour as `#rrggbb`, unchecked; `label` is what it is the colour of."""

    _esm = script("color_field")
    value = traitlets.Unicode("#000000").tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
