"""`python -m bench` (see `bench.running`)."""

import sys

if __name__ == "__main__":  # worker processes import this module, too, and need none of it
    from bench.running import main

    sys.exit(main())
