"""The blueprint of the roll-out in the centre's console."""

from __future__ import annotations

from flask import Blueprint

from diwan_central.rollout.board_pages import add_board_pages
from diwan_central.rollout.file_pages import add_file_pages
from diwan_central.rollout.phase_pages import add_phase_pages
from diwan_central.rollout.plan_pages import add_plan_pages
from diwan_central.rollout.site_pages import add_site_pages
from diwan_central.rollout.training_pages import add_training_pages


def rollout_pages() -> Blueprint:
    """The board, and what stands behind it."""
    blueprint = Blueprint("rollout", __name__, template_folder="../templates")
    add_board_pages(blueprint)
    add_site_pages(blueprint)
    add_phase_pages(blueprint)
    add_file_pages(blueprint)
    add_plan_pages(blueprint)
    add_training_pages(blueprint)
    return blueprint
