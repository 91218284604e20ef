"""National settings travel: the centre chooses, every post obeys, and no post can choose."""

from pathlib import Path

import pytest
from diwan_core.register import Refused
from diwan_core.register.national_settings import national_settings, set_nationally

from .network import network


def test_what_the_centre_chooses_is_obeyed_at_every_post(tmp_path: Path) -> None:
    with network(tmp_path, posts=2) as net:
        assert national_settings(net.posts[0].register.store)["date_format"] == "words"
        assert set_nationally(net.register, "date_format", "d/m/y", author="root")
        assert set_nationally(net.register, "date_format", "d.m.y", author="root")
        assert not set_nationally(net.register, "date_format", "d.m.y", author="root")
        assert set_nationally(net.register, "phone_prefix", "", author="root")
        net.settle()
        for register in net.registers():
            held = national_settings(register.store)
            assert (held["date_format"], held["phone_prefix"], held["number_format"]) == ("d.m.y", "", "space.")
        with pytest.raises(Refused, match="may not"):
            set_nationally(net.posts[0].register, "number_format", ",.", author="officer")
