"""`python -m modalloc_model`: the command line without the installed script."""

import sys

from modalloc_model.cli import main

if __name__ == "__main__":
    sys.exit(main())
