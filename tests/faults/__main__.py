"""All of the matrix of faults, of which `make test` has an eighth: `PYTHONPATH=tests:. python -m faults`."""

import os
import sys
from pathlib import Path

import pytest

if __name__ == "__main__":
    os.environ["POSTWARDEN_EVERY_FAULT"] = "yes"
    cells = Path(__file__).with_name("test_relocation_faults.py")
    sys.exit(pytest.main(["-q", "-n", "0", str(cells)]))
