"""What a post's agent never needs is not loaded by it: it runs for months on a machine with little memory."""

import subprocess
import sys

NEVER = (
    "flask", "jinja2", "werkzeug", "gunicorn", "PIL", "pi_heif", "weasyprint", "segno", "sqlite_utils",
    "diwan_core.web", "diwan_core.intake", "diwan_core.media", "diwan_core.audit", "diwan_core.salvage.recheck",
    "diwan_central", "diwan_hardware", "asyncio", "multiprocessing", "unittest", "ctypes",
)  # fmt: skip


def test_what_an_agent_never_needs_is_not_loaded_when_it_starts() -> None:
    loaded = (
        "import sys; import diwan_core.cli, diwan_appliance.cli, diwan_appliance.agent; "
        "print(*sorted(name for name in sys.modules if name.startswith(tuple(sys.argv[1:]))))"
    )
    command = [sys.executable, "-P", "-c", loaded, *NEVER]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.split() == []
