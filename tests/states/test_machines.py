"""Every machine, every pair of states, every kind of node and every role: what is allowed is what is written here."""

from itertools import product

import pytest
from diwan_core.dictionary import DICTIONARY, RecordType, StateMachine, Step, WrongDeclaration, as_of
from diwan_core.dictionary.record import Origin
from diwan_core.register.records.steps import Change, Denied, Missing, Taker, denied_steps
from diwan_core.roles import ROLES, Action

#: By type and field, each step: the states before, "" for none; the state after; p(ost), c(entre), g(ateway); roles.
ALLOWED = {
    ("suspect", "state"): """
        -                        new       pc   officer supervisor analyst
        new                      assigned  c    analyst coordinator
        new                      refused   c    analyst coordinator
        assigned                 in_work   pc   investigator
        in_work                  result    pc   investigator
        result                   closed    c    analyst
        closed,refused,lapsed    new       c    analyst
        """,
    ("suspect", "task.state"): """
        -                        open      pc   analyst investigator coordinator
        open                     in_work   pc   investigator
        in_work                  done      pc   investigator
        open,in_work             cancelled pc   analyst investigator coordinator
        done,cancelled           open      c    analyst coordinator
        """,
    ("operation", "state"): """
        -                        planned   c    coordinator
        planned                  running   c    coordinator
        running                  ended     c    coordinator
        ended                    archived  c    coordinator
        """,
    ("message", "state"): """
        -                        open      pc   officer supervisor analyst investigator coordinator
        open,overdue             acknowledged pc officer supervisor analyst investigator coordinator
        open,acknowledged,overdue answered pc   officer supervisor analyst investigator coordinator
        open,acknowledged,overdue void     c    coordinator
        """,
    ("request", "state"): """
        -                        draft     pc   officer supervisor analyst investigator coordinator
        -,draft                  sent      pcg  supervisor analyst coordinator
        sent                     received  pcg  officer supervisor analyst investigator coordinator
        sent,received            answered  pcg  supervisor analyst coordinator
        draft,sent,received      refused   pcg  supervisor analyst coordinator
        answered,refused         received  c    supervisor analyst coordinator
        """,
    ("arrival", "state"): """
        -                        expected  pcg  officer supervisor analyst
        -,expected,overdue       arrived   pc   officer supervisor analyst
        arrived                  selected  pc   officer supervisor analyst
        arrived,selected         released  pc   officer supervisor analyst
        expected,overdue         cancelled cg   officer supervisor analyst
        cancelled                expected  cg   officer supervisor analyst
        """,
    ("proposal", "state"): """
        -                        open      pc   supervisor analyst
        open                     accepted  pc   supervisor analyst
        open                     refused   pc   supervisor analyst
        accepted,refused         open      c    supervisor analyst
        """,
    ("watch_entry", "state"): """
        -                        proposed  cg   analyst
        -,proposed,ended         adopted   c    analyst
        proposed                 refused   c    analyst
        adopted                  ended     c    analyst
        adopted                  proposed  g
        """,
    ("site", "phase"): """
        -                        questionnaire c ROLL_OUT
        questionnaire            assessment    c ROLL_OUT
        assessment               procurement   c ROLL_OUT
        procurement              installation  c ROLL_OUT
        installation             training      c ROLL_OUT
        training                 acceptance    c ROLL_OUT
        acceptance               operation     c ROLL_OUT
        assessment,procurement,installation,training,acceptance,operation,closed questionnaire c ROLL_OUT
        procurement,installation,training,acceptance,operation,closed assessment c ROLL_OUT
        installation,training,acceptance,operation,closed procurement c ROLL_OUT
        training,acceptance,operation,closed installation c ROLL_OUT
        acceptance,operation,closed training    c ROLL_OUT
        operation,closed         acceptance     c ROLL_OUT
        closed                   operation      c ROLL_OUT
        questionnaire,assessment,procurement,installation,training,acceptance,operation closed c ROLL_OUT
        """,
}
NODES: dict[str, Origin] = {"p": "post", "c": "central", "g": "gateway"}
Table = dict[tuple[str, str], tuple[set[str], set[str]]]


def table_of(text: str) -> Table:
    """(before, after) -> kinds of nodes, roles."""
    found: Table = {}
    lines = text.replace("ROLL_OUT", "administrator technician").splitlines()
    for line in filter(None, map(str.strip, lines)):
        before, after, nodes, *roles = line.split()
        for state in before.split(","):
            found[state.replace("-", ""), after] = ({NODES[node] for node in nodes}, set(roles))
    return found


MACHINES = [
    pytest.param(record, machine, table_of(ALLOWED[record.name, machine.path]), id=f"{record.name}.{machine.path}")
    for record in DICTIONARY.types.values()
    for machine in record.machines
]


def change(record: RecordType, machine: StateMachine, before: str, after: str | None, filled: bool = True) -> Change:
    """A step with everything that any step may need."""
    fields = record.parts[machine.part].fields if machine.part else record.fields
    names = {name for step in machine.steps for need in step.needs for name in need if "." not in name}
    rest: dict[str, object] = {name: "x" for name in names if filled and not fields[name].nominal}
    nominal: dict[str, object] = {name: "x" for name in names if filled and fields[name].nominal}
    rest[machine.field] = after
    if machine.part:
        rest, nominal = {machine.part: {"1": rest}}, {machine.part: {"1": nominal}}
    return Change(rest, nominal, False, lambda key: [before])


def said(found: list[Denied]) -> list[str]:
    return [denied.problem.path for denied in found]


def test_every_machine_is_in_the_table() -> None:
    declared = {(name, machine.path) for name, record in DICTIONARY.types.items() for machine in record.machines}
    assert declared == set(ALLOWED)


@pytest.mark.parametrize(("record", "machine", "table"), MACHINES)
def test_a_step_is_allowed_where_the_table_says_so_and_nowhere_else(
    record: RecordType, machine: StateMachine, table: Table
) -> None:
    key = f"{machine.part}.1.{machine.field}" if machine.part else machine.field
    for before, after, node, role in product(
        ("", *machine.order), machine.order, NODES.values(), ("", "nobody", *ROLES)
    ):
        nodes, roles = table.get((before, after), (set(), set()))
        if before == after:  # no step: whoever may bring it there may say so again
            into = [entry for (_, to), entry in table.items() if to == after]
            allowed = any(node in entry[0] and (not role or role in entry[1]) for entry in into)
        else:
            allowed = node in nodes and (not role or role in roles)
        allowed = allowed or (node == "central" and not role)
        found = denied_steps(record, change(record, machine, before, after), Taker(node, role))
        assert (said(found) == []) is allowed, (before, after, node, role, found)
        assert said(found) in ([], [key])


@pytest.mark.parametrize(("record", "machine", "table"), MACHINES)
def test_a_state_is_never_removed_but_by_a_command_of_the_centre(
    record: RecordType, machine: StateMachine, table: Table
) -> None:
    for before, node in product(("", *machine.order), NODES.values()):
        for role in ("", "analyst"):
            found = denied_steps(record, change(record, machine, before, None), Taker(node, role))
            assert bool(found) is not (node == "central" and not role)


@pytest.mark.parametrize(("record", "machine", "table"), MACHINES)
def test_what_a_step_needs_is_asked_for(record: RecordType, machine: StateMachine, table: Table) -> None:
    for step in machine.steps:
        node = sorted(step.origins)[0]
        role = next((name for name in ROLES if any(action in ROLES[name].grants for action in step.by)), "")
        if node == "central" and not role:
            continue
        without = change(record, machine, step.before[0], step.state, filled=False)
        wanted = [need[0] for need in step.needs if "." not in need[0]]
        found = denied_steps(record, without, Taker(node, role))
        assert [path.rpartition(".")[2] for path in said(found)] == wanted, step


@pytest.mark.parametrize(("record", "machine", "table"), MACHINES)
def test_a_version_that_is_not_known_any_more_lets_in_no_less_and_only_what_the_node_could_do(
    record: RecordType, machine: StateMachine, table: Table
) -> None:
    """So that a post which joined late never refuses what the centre took in."""
    for after, node in product(machine.order, NODES.values()):
        made = change(record, machine, "", after)
        unknown = Change(made.rest, made.nominal, False, lambda key: [Missing.UNKNOWN])
        could = any(to == after and node in nodes for (_, to), (nodes, _) in table.items()) or node == "central"
        assert (denied_steps(record, unknown, Taker(node)) == []) is could
        for before in ("", *machine.order):
            if not denied_steps(record, change(record, machine, before, after), Taker(node)):
                assert could


def test_of_two_versions_the_earlier_counts_and_one_of_them_can_be_chosen() -> None:
    suspect = DICTIONARY.type("suspect")

    def judged(after: str, node: str, *before: str | Missing) -> bool:
        change = Change({"state": after}, {"state_reason": "x"}, False, lambda key: before)
        return denied_steps(suspect, change, Taker(node)) == []

    assert judged("result", "post", "result", "in_work"), "a step from the earlier"
    assert not judged("new", "post", "assigned", "result"), "no step leads there from the earlier"
    assert not judged("in_work", "post", "closed", "assigned"), "what the centre has ended stays ended"
    assert judged("in_work", "post", "closed", "in_work"), "it is one of them"
    assert not judged("closed", "post", "closed", "in_work"), "it is one of them, and only the centre closes files"
    assert not judged("in_work", "post", "assigned", Missing.REFUSED)
    assert not judged("new", "post"), "it names no version"


def test_what_the_centre_alone_ends_counts_before_what_a_post_says_beside_it() -> None:
    settled = {
        ("suspect", "state"): {"closed", "refused"},
        ("suspect", "task.state"): set(),
        ("operation", "state"): {"ended", "archived"},
        ("message", "state"): {"void"},
        ("request", "state"): set(),
        ("arrival", "state"): set(),
        ("proposal", "state"): set(),
        ("watch_entry", "state"): {"refused", "ended"},
        ("site", "phase"): {"closed"},
    }
    for name, record in DICTIONARY.types.items():
        for machine in record.machines:
            assert machine.settled == settled[name, machine.path], name
            for state, other in product(machine.order, machine.order):
                if state in machine.settled and other not in machine.settled:
                    assert machine.earliest([other, state]) == state
                elif state not in machine.settled and other not in machine.settled:
                    assert machine.rank(machine.earliest([other, state])) == min(map(machine.rank, (state, other)))


def test_what_a_gateway_sends_is_a_proposal_with_each_change() -> None:
    entry = DICTIONARY.type("watch_entry")

    def judged(rest: dict[str, object], *before: str) -> list[str]:
        return said(denied_steps(entry, Change(rest, {}, not before, lambda key: before or ("",)), Taker("gateway")))

    assert judged({"state": "proposed", "kind": "plate"}) == []
    assert judged({"kind": "plate"}) == judged({"state": "adopted"}) == ["state"]
    assert judged({"state": "proposed", "key": "x"}, "adopted") == []
    assert judged({"state": "proposed", "key": "x"}, "proposed") == []
    assert judged({"key": "x"}, "adopted") == ["state"], "an adopted entry is not changed behind the analyst's back"
    assert judged({"state": "proposed"}, "refused") == ["state"]


def test_who_recorded_the_result_does_not_close_the_file() -> None:
    suspect = DICTIONARY.type("suspect")
    closing = Change(
        {"state": "closed", "closing_reason": "solved"}, {}, False, lambda key: ["result"], lambda key: frozenset({"a"})
    )
    assert denied_steps(suspect, closing, Taker("central", "analyst", "b")) == []
    assert (
        "whoever took the step before cannot"
        in denied_steps(suspect, closing, Taker("central", "analyst", "a"))[0].problem.message
    )


def test_dictionary_3_has_no_machines_and_its_digest_stays() -> None:
    assert as_of(DICTIONARY, 3).digest.hex() == "c4e12e0a76c5e7eb"
    assert not any(record.machines for record in as_of(DICTIONARY, 3).types.values())


def test_what_follows_from_the_day_is_shown_and_never_written() -> None:
    states = {
        "suspect": ("in_work", "lapsed", "valid_until", "2026-03-01"),
        "message": ("open", "overdue", "answer_by", "2026-03-01T10:00:00Z"),
        "arrival": ("expected", "overdue", "expected_at", "2026-03-01T10:00:00Z"),
        "request": ("received", "expired", "answer_by", "2026-03-01"),
    }
    for name, (now, later, field, until) in states.items():
        machine = DICTIONARY.type(name).machine("state")
        assert machine is not None
        holder = {"state": now, field: until}
        assert [machine.shown(holder, day) for day in ("2026-02-28", "2026-03-01", "")] == [now] * 3
        assert machine.shown(holder, "2026-03-02") == later
        assert machine.shown({**holder, "state": machine.order[-1]}, "2026-03-02") == machine.order[-1]
        assert machine.shown({"state": now}, "2026-03-02") == now
        for node in ("post", "gateway"):
            assert denied_steps(DICTIONARY.type(name), change(DICTIONARY.type(name), machine, now, later), Taker(node))


@pytest.mark.parametrize(
    "steps",
    [
        (Step(("new",), "gone", "x", frozenset({"post"})),),
        (Step(("new",), "", "x", frozenset({"post"})),),
        (Step(("new",), "new", "x", frozenset({"post"})),),
        (Step(("new",), "closed", "x", frozenset()),),
        (Step(("new",), "closed", "x", frozenset({"post"})), Step(("new",), "closed", "y", frozenset({"central"}))),
    ],
)
def test_a_machine_that_cannot_be_is_refused_at_start(steps: tuple[Step, ...]) -> None:
    with pytest.raises(WrongDeclaration):
        StateMachine("state", ("new", "closed"), steps)


def test_every_action_of_a_step_is_about_its_type() -> None:
    for name, record in DICTIONARY.types.items():
        for machine in record.machines:
            for action in {action for step in machine.steps for action in step.by}:
                assert isinstance(action, Action)
                assert any(action in role.grants for role in ROLES.values()), (name, action)
