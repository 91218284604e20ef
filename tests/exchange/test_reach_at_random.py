"""Whatever a country does in whatever order, each post ends with what is for it and without a word of what is not."""

from __future__ import annotations

import random
from contextlib import suppress
from pathlib import Path

import pytest
from diwan_central.network import scopes
from diwan_central.setup import scope_key
from diwan_core.audit import verify_node
from diwan_core.exchange import ledger
from diwan_core.register import Edit, Refused
from diwan_core.register.admission import reach

from tests.exchange.copies import put_back, save_copy
from tests.exchange.network import Network, Post, case, network
from tests.exchange.reach_kit import name_in, settle

pytestmark = pytest.mark.slow

STEPS = 30
SEEDS = (*range(8), 18)
UNITS = ("north", "south")


class Country:
    """A country that works at random; `words` is who wrote which word into which record."""

    def __init__(self, net: Network, chance: random.Random, folder: Path) -> None:
        self.net = net
        self.chance = chance
        self.folder = folder
        self.words: dict[str, tuple[str, str]] = {}
        self.makers: dict[str, str] = {}

    def word(self, record: str, writer: str) -> str:
        word = f"Q{self.chance.randrange(10**9):09d}Z"
        self.words[word] = (record, writer)
        return word

    def report(self) -> None:
        post = self.chance.choice(self.net.posts)
        word = self.word("", post.register.config.id)
        (record,) = post.save(case(party={"1": {"role": "declarant", "name": word}}))
        self.words[word] = (record, post.register.config.id)
        self.makers[record] = post.register.config.id

    def edit(self) -> None:
        if not self.makers:
            return
        record = self.chance.choice(sorted(self.makers))
        post = self.chance.choice(self.net.posts)
        register = self.net.register if self.chance.random() < 0.2 else post.register
        if register.get(record) is None:
            return
        values = {"party": {"1": {"role": "declarant", "name": self.word(record, register.config.id)}}}
        if self.chance.random() < 0.3:
            values = {"goods": {"1": {"product_group": "tobacco", "quantity": "7", "unit": "KGM"}}}
        with suppress(Refused):  # a post does not change what it cannot see
            register.save([Edit("case", values, record=record)], author="somebody")
        post.exchange.woken()

    def move(self) -> None:
        """The centre, or the post that made a record, says which unit answers for it; others are refused."""
        if not self.makers:
            return
        record = self.chance.choice(sorted(self.makers))
        post = self.chance.choice(self.net.posts)
        register = self.net.register if self.chance.random() < 0.5 else post.register
        if register.get(record) is None:
            return
        with suppress(Refused):
            register.save(
                [Edit("case", {"unit": self.chance.choice((*UNITS, None))}, record=record)], author="somebody"
            )
        post.exchange.woken()

    def say(self) -> None:
        with suppress(scopes.BadScope):  # not before every post has called in
            scopes.set_reach(self.net.register.folder, ["case"], self.chance.choice(("all", "unit", "unit", "centre")))

    def join(self) -> None:
        scopes.add(self.net.register.folder, self.chance.choice(UNITS), [self._somebody()])

    def leave(self) -> None:
        held = scopes.members(self.net.register.folder)
        found = [(unit, fact.node) for unit in UNITS for fact in held.get(f"unit-{unit}", ())]
        if found:
            unit, post = self.chance.choice(found)
            scopes.remove(self.net.register.folder, unit, [post])

    def _somebody(self) -> str:
        return self.chance.choice(self.net.posts).register.config.id

    def line(self) -> None:
        post = self.chance.choice(self.net.posts)
        post.carrier.up = not post.carrier.up
        if post.carrier.up:
            post.exchange.came_up()

    def copy(self) -> None:
        """A backup of a post, or its return."""
        post = self.chance.choice(self.net.posts)
        place = self.folder / f"copy-{post.register.config.id}"
        if not place.exists():
            post.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            save_copy(post.register.folder, place)
        else:
            folder = post.register.folder
            post.exchange.flush(force=True)
            if post.register.store.one("SELECT coalesce(sum(signed - stored), 0) FROM epoch WHERE own=1"):
                return  # what only this card holds would be lost with it
            self.net.stop(post)
            put_back(folder, place, in_place=False)
            self.net.start(folder)

    def post(self) -> None:
        if len(self.net.posts) < 5:
            lost, self.net.bus.loss = self.net.bus.loss, 0.0
            self.net.add_post(f"Late {len(self.net.posts)}")
            for _ in range(5):
                self.net.turn()
            self.net.bus.loss = lost

    def work(self) -> None:
        for _ in range(self.chance.randrange(3)):
            self.net.turn()
        if self.net.relay.ledger_grew() and self.chance.random() < 0.5:
            settle_relay(self.net)

    # -- what must be ---------------------------------------------------------------------------------------------

    def check(self) -> None:
        lost, self.net.bus.loss = self.net.bus.loss, 0.0
        for post in self.net.posts:
            post.carrier.up = True
            post.exchange.came_up()
        settle_relay(self.net)
        settle(self.net)
        self.net.bus.loss = lost
        with self.net.register.store.read() as transaction:
            said = reach.held(transaction)
        far = said.reach.get("case", ("all", 0))[0]
        for post in self.net.posts:
            self._check_post(post, far, said)
        for register in self.net.registers():
            assert (register.config.label, verify_node(register.folder).findings) == (register.config.label, [])

    def _scopes_of(self, record: str, maker: str, said: reach.Said) -> set[str]:
        """The scopes of a record: what its unit says, and else those of the post that made it."""
        here = self.net.register.get(record)
        unit = here.values.get("unit") if here is not None else None
        return {f"unit-{unit}"} if unit else {scope for node, scope in said.homes if node == maker}

    def _check_post(self, post: Post, far: str, said: reach.Said) -> None:
        mine = post.register.config.id
        units = {scope for node, scope in said.members if node == mine}
        visible = {
            record
            for record, maker in self.makers.items()
            if far == "all" or (far == "unit" and units & self._scopes_of(record, maker, said))
        }
        for record in visible:
            assert name_in(post.register, record) == name_in(self.net.register, record), post.register.config.label
            here, there = post.register.get(record), self.net.register.get(record)
            assert here is not None and there is not None
            assert here.values == there.values
            assert here.conflicts.keys() == there.conflicts.keys()
        hidden = [word for word, (record, writer) in self.words.items() if record not in visible and writer != mine]
        post.register.store.connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        for path in post.register.folder.rglob("*"):
            if path.is_file():
                content = path.read_bytes().lower()
                found = [word for word in hidden if word.lower().encode() in content]
                assert found == [], (post.register.config.label, path.name)


def settle_relay(net: Network) -> None:
    """The relay follows the ledger."""
    for topic, payload in net.relay.renew(scope_key(net.register.folder, ledger.load(net.register))):
        net.relay_carrier.publish(topic, payload)


@pytest.mark.parametrize("seed", SEEDS)
def test_each_post_ends_with_what_is_for_it_and_nothing_else(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    behind = chance.choice((4, 5000))
    with network(tmp_path / "net", posts=3, snapshot_behind=behind, seed=seed, double=0.05) as net:
        settle(net)
        net.bus.loss = 0.05
        country = Country(net, chance, tmp_path)
        steps = [
            country.report, country.report, country.edit, country.edit, country.move, country.say,
            country.join, country.leave, country.line, country.copy, country.work, country.work, country.work,
            country.post,
        ]  # fmt: skip
        for at in range(STEPS):
            chance.choice(steps)()
            if at % 10 == 9:
                country.check()
