"""`python -m custdyn_widgets.cli` is the command `custdyn`."""

import sys

from custdyn_widgets.cli import main

sys.exit(main())
