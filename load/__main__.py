"""`python -m load` (see `load.running`)."""

import sys

if __name__ == "__main__":  # worker processes import this module, too, and need none of it
    from load.running import main

    sys.exit(main())
