"""Run every benchmark of this folder, or the one that is named: `python -m bench stacking`."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path

for file in sorted(Path(__file__).parent.glob("[a-z]*.py")):
    if len(sys.argv) < 2 or file.stem in sys.argv[1:]:
        print(f"== {file.stem}", flush=True)
        importlib.import_module(f"bench.{file.stem}").main()
