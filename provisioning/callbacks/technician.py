"""What a technician sees of a run: an account that is only tried is no error, a failure is one line, and all failures
stand together at the end."""

from __future__ import annotations

from ansible import constants
from ansible.plugins.callback.default import CallbackModule as Default

DOCUMENTATION = """
    name: technician
    type: stdout
    short_description: Ansible's screen output, for people who do not know Ansible
    extends_documentation_fragment:
      - default_callback
      - result_format_callback
    requirements:
      - set as stdout in configuration
"""


class CallbackModule(Default):
    """Ansible's own screen output, but for what failed."""

    CALLBACK_NAME = "technician"

    def __init__(self) -> None:
        super().__init__()
        self._failures: dict[str, str] = {}

    def v2_runner_on_unreachable(self, result) -> None:
        """A machine that does not answer; where the playbook only tries, that is no failure."""
        if result.task.ignore_unreachable:
            if self._last_task_banner != result.task._uuid:
                self._print_task_banner(result.task)
            self._display.display(f"no answer: [{self.host_label(result)}]", color=constants.COLOR_SKIP)
            return
        self._tell(result, "does not answer any more: {}. Check its cable and its power, and run this again.")

    def v2_runner_on_failed(self, result, ignore_errors: bool = False) -> None:
        """A task that failed. A refusal is its own text; anything else is shown in full, and named at the end."""
        if ignore_errors:
            super().v2_runner_on_failed(result, ignore_errors)
        elif result.task.action.endswith("assert"):
            self._tell(result, "{}")
        else:
            super().v2_runner_on_failed(result, ignore_errors)
            self._remember(result, f"“{result.task.get_name().strip()}” failed: {{}}")

    def v2_playbook_on_stats(self, stats) -> None:
        """The count of each machine, and below it what has to be put right."""
        super().v2_playbook_on_stats(stats)
        if self._failures:
            self._display.display("To put right:", color=constants.COLOR_ERROR)
        for host, text in self._failures.items():
            self._display.display(f"{host}: {text}", color=constants.COLOR_ERROR)

    def _tell(self, result, form: str) -> None:
        text = self._remember(result, form)
        self._display.display(f"refused: [{self.host_label(result)}] {text}", color=constants.COLOR_ERROR)

    def _remember(self, result, form: str) -> str:
        host = result.host.get_name()
        said = result.result.get("stderr") or result.result.get("msg") or "no reason given"
        text = " ".join(str(said).split())
        for noise in ("Task failed: ", "Action failed: ", "Failed to connect to the host via ssh: "):
            text = text.replace(noise, "")
        self._failures[host] = form.format(text.removeprefix(f"{host}: ").removeprefix(f"{host} "))
        return self._failures[host]
