"""Training: courses of three modules, who is invited, who attended, and who did the graded tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from diwan_core.dictionary import N_, Sentence, sentence

from diwan_central.rollout.answers import BadAnswer, read_day, read_name
from diwan_central.rollout.sites import Site
from diwan_central.rollout.store import RolloutStore
from diwan_central.table_file import Row

MODULES: Final[Mapping[str, str]] = {
    "trainers": N_("trainers"),
    "administrators": N_("administrators"),
    "users": N_("users"),
}
CONTENT: Final[Mapping[str, tuple[int, str]]] = {
    "trainers": (5, N_("All of the users' module, how to teach it, how to grade at the exercise post.")),
    "administrators": (4, N_("Accounts and second persons, enrolment, backups, findings, replacing a machine.")),
    "users": (2, N_("Reporting, pictures, correcting, searching; the four graded tasks at the exercise post.")),
}  # fmt: skip
"""Days a module takes, and what it is about."""
STATES: Final[Mapping[str, str]] = {"invited": N_("invited"), "attended": N_("attended"), "absent": N_("was absent")}
TASKS: Final[Mapping[str, str]] = {"": N_("not graded"), "passed": N_("passed"), "not_yet": N_("not yet")}
FIELDS: Final = ("module", "title", "place", "trainer", "starts", "ends", "note")
NEEDS_TASKS: Final = frozenset({"users"})
"""Modules whose certificate needs the graded tasks."""
PEOPLE_MOST: Final = 200
"""In one course."""


@dataclass(frozen=True)
class Course:
    """One course at one place. Days are YYYY-MM-DD."""

    id: int
    module: str
    title: str
    place: str
    trainer: str
    starts: str
    ends: str
    note: str
    revision: int


@dataclass(frozen=True)
class Seat:
    """Somebody in a course. `site` is None for the centre's people; `certificate` a number, "" where there is none."""

    trainee: int
    name: str
    site: int | None
    state: str
    tasks: str
    certificate: str

    def may_have(self, module: str) -> bool:
        """Whether a certificate can be given: was there, and did the tasks where the module has some."""
        done = self.tasks == "passed" if module in NEEDS_TASKS else self.tasks != "not_yet"
        return self.state == "attended" and done and not self.certificate


class NoCourse(LookupError):
    """There is no course of this number."""


class CourseChanged(Exception):
    """Somebody else changed the course since the page was opened; nothing was saved."""

    def __init__(self, person: str, revision: int) -> None:
        super().__init__(person)
        self.person, self.revision = person, revision


def read_course(typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, Sentence]]:
    """A course as it is kept, and by field what is wrong."""
    values: dict[str, str] = {}
    wrong: dict[str, Sentence] = {}
    for field in FIELDS:
        text = typed.get(field, "")
        try:
            if field == "module" and text not in MODULES:
                raise BadAnswer(sentence(N_("Choose one from the list.")))
            if field in ("starts", "ends"):
                values[field] = read_day(text)
            else:
                values[field] = read_name(text, 300) if text.strip() else ""
        except BadAnswer as error:
            wrong[field] = error.reason
    if not wrong:
        if not values["starts"]:
            wrong["starts"] = sentence(N_("Say on which day it begins."))
        elif values["ends"] and values["ends"] < values["starts"]:
            wrong["ends"] = sentence(
                N_("It would end on {due}, before it begins on {starts}."), due=values["ends"], starts=values["starts"]
            )
        values["ends"] = values["ends"] or values["starts"]
    return values, wrong


def read_names(text: str) -> list[str]:
    """The names of a field with one in each line, without doubles. Raises BadAnswer."""
    names = list(dict.fromkeys(read_name(line) for line in text.splitlines() if line.strip()))
    if not names:
        raise BadAnswer(sentence(N_("Write one name in each line.")))
    if len(names) > PEOPLE_MOST:
        raise BadAnswer(sentence(N_("At most {most} people are in one course."), most=PEOPLE_MOST))
    return names


def courses(store: RolloutStore) -> list[tuple[Course, int, int]]:
    """Each course with how many are in it and how many hold its certificate, the newest first. Raises
    RolloutUnusable."""
    rows = store.rows(
        "select c.*, (select count(*) from attendance a where a.course = c.id) as people, (select count(*) from "
        "certificate z where z.course = c.id and z.withdrawn_on = '') as given from course c "
        "order by starts desc, id desc"
    )
    return [(_course(row), row["people"], row["given"]) for row in rows]


def one_course(store: RolloutStore, number: int) -> Course:
    """A course. Raises NoCourse, RolloutUnusable."""
    rows = store.rows("select * from course where id = ?", (number,))
    if not rows:
        raise NoCourse(number)
    return _course(rows[0])


def save_course(
    store: RolloutStore, number: int, values: Mapping[str, str], seen: int, person: str, now_ms: int
) -> int:  # fmt: skip
    """Keep a course; 0 makes a new one. Its number. Raises CourseChanged, NoCourse, RolloutUnusable."""
    plain = [values[field] for field in FIELDS]
    with store.writing():
        if not number:
            return store.write(
                f"insert into course ({', '.join(FIELDS)}, revision, changed_ms, changed_by) "
                f"values ({', '.join('?' * len(FIELDS))}, 1, ?, ?)",
                (*plain, now_ms, person),
            )
        known = one_course(store, number)
        if known.revision != seen and [getattr(known, field) for field in FIELDS] != plain:
            by = store.rows("select changed_by from course where id = ?", (number,))[0]["changed_by"]
            raise CourseChanged(by, known.revision)
        store.write(
            f"update course set {', '.join(f'{field} = ?' for field in FIELDS)}, revision = revision + 1, "
            "changed_ms = ?, changed_by = ? where id = ?",
            (*plain, now_ms, person, number),
        )
    return number


def seats(store: RolloutStore, course: int) -> list[Seat]:
    """The people of a course, by site and name. Raises RolloutUnusable."""
    rows = store.rows(
        "select t.id, t.name, t.site, a.state, a.tasks, coalesce((select number from certificate z where "
        "z.trainee = t.id and z.course = a.course and z.withdrawn_on = ''), '') as certificate "
        "from attendance a join trainee t on t.id = a.trainee left join site s on s.id = t.site "
        "where a.course = ? order by s.code, t.name, t.id",
        (course,),
    )
    return [Seat(*row) for row in rows]


def invite(
    store: RolloutStore, course: int, names: Sequence[str], site: Site | None, person: str, now_ms: int
) -> int:  # fmt: skip
    """Put people into a course; one of the same name and site is the same person. How many are new in it. Raises
    NoCourse, RolloutUnusable."""
    place = site.id if site else None
    with store.writing():
        one_course(store, course)
        before = store.rows("select count(*) from attendance where course = ?", (course,))[0][0]
        for name in names:
            known = store.rows("select id from trainee where name = ? and coalesce(site, 0) = ?", (name, place or 0))
            trainee = known[0]["id"] if known else _trainee(store, name, place, person, now_ms)
            store.write(
                "insert into attendance (course, trainee, state, tasks, changed_ms, changed_by) "
                "values (?, ?, 'invited', '', ?, ?) on conflict do nothing",
                (course, trainee, now_ms, person),
            )
        after = store.rows("select count(*) from attendance where course = ?", (course,))[0][0]
    return int(after - before)


def _trainee(store: RolloutStore, name: str, site: int | None, person: str, now_ms: int) -> int:
    if site is None:
        return store.write(
            "insert into trainee (name, note, changed_ms, changed_by) values (?, '', ?, ?)", (name, now_ms, person)
        )
    return store.write(
        "insert into trainee (name, site, note, changed_ms, changed_by) values (?, ?, '', ?, ?)",
        (name, site, now_ms, person),
    )


def take_out(store: RolloutStore, course: int, trainee: int) -> bool:
    """Take somebody out of a course, such as one whose name was mistyped; whether they were in it. Whoever holds its
    certificate stays. Who is in no course any more is forgotten. Raises RolloutUnusable."""
    with store.writing():
        seat = next((one for one in seats(store, course) if one.trainee == trainee), None)
        if seat is None or seat.certificate:
            return False
        store.write("delete from attendance where course = ? and trainee = ?", (course, trainee))
        store.write(
            "delete from trainee where id = ?1 and not exists (select 1 from attendance where trainee = ?1) "
            "and not exists (select 1 from certificate where trainee = ?1)",
            (trainee,),
        )
    return True


def mark(
    store: RolloutStore, course: int, marks: Mapping[int, tuple[str, str]], person: str, now_ms: int
) -> int:  # fmt: skip
    """Write down who was there and how the tasks went, by trainee; how many changed. What is neither of STATES and
    TASKS is left as it is. Raises RolloutUnusable."""
    changed = 0
    with store.writing():
        for seat in seats(store, course):
            state, tasks = marks.get(seat.trainee, (seat.state, seat.tasks))
            if state in STATES and tasks in TASKS and (state, tasks) != (seat.state, seat.tasks):
                store.write(
                    "update attendance set state = ?, tasks = ?, changed_ms = ?, changed_by = ? "
                    "where course = ? and trainee = ?",
                    (state, tasks, now_ms, person, course, seat.trainee),
                )
                changed += 1
    return changed


def figures(store: RolloutStore) -> Mapping[str, Mapping[str, int]]:
    """For each module: courses, people invited, attended, certificates. Raises RolloutUnusable."""
    found = {}
    for module in MODULES:
        row = store.rows(
            "select (select count(*) from course where module = :1) as courses, count(a.trainee) as invited, "
            "coalesce(sum(a.state = 'attended'), 0) as attended, (select count(*) from certificate "
            "where module = :1 and withdrawn_on = '') as certificates "
            "from attendance a join course c on c.id = a.course where c.module = :1".replace(":1", "?1"),
            (module,),
        )[0]
        found[module] = {key: int(row[key]) for key in ("courses", "invited", "attended", "certificates")}
    return found


def _course(row: Row) -> Course:
    return Course(id=row["id"], revision=row["revision"], **{field: row[field] for field in FIELDS})
