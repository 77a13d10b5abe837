"""`python -m custdyn_widgets.cli` is the command `custdyn`."""

import sys

from . import main

sys.exit(main())
