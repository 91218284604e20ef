"""The paths of the benchmark's files."""

from pathlib import Path
from typing import Final

BENCH: Final = Path(__file__).resolve().parents[1]
W1_MAPPING: Final = BENCH / "w1_mapping.toml"
