"""The commands `diwan post …` and `diwan enrol`, which make and run a post."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from diwan_core.configure import configure_command
from diwan_core.console_line import (
    PARTS,
    folder_option,
    json_option,
    migrate_command,
    node_status,
    plain_errors,
    run_parts,
    say,
)
from diwan_core.console_options import default_port, tls_option, tls_setting, web_name_option
from diwan_core.salvage.command import salvage
from diwan_core.user_commands import user_group

from diwan_appliance import sticks
from diwan_appliance.course.commands import course


@click.group()
def post() -> None:
    """Make and run a post."""


post.add_command(user_group("post"))
post.add_command(node_status("post"))
post.add_command(migrate_command("post"))
post.add_command(configure_command("post"))
for command in (sticks.export_parcels, sticks.import_parcels, sticks.mirror, salvage, course):
    post.add_command(command)


@post.command()
@folder_option
@click.option("--label", required=True, help="What people call this post.")
@click.option("--office", required=True, help="Customs office: UN/LOCODE or the national code.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address of the console.")
@click.option("--port", type=int, help="Port of the console: 8443, without TLS 8080.")
@tls_option
@web_name_option
@json_option
@plain_errors
def init(
    folder: Path, label: str, office: str, host: str, port: int | None, tls: bool | None, web_names: tuple[str, ...],
    as_json: bool,
) -> None:  # fmt: skip
    """Make a post in an empty folder. It can take reports at once; enrol it when a line to the centre is there."""
    from diwan_appliance.setup import create

    config = create(
        folder, label, office, host, port or default_port(tls), web_tls=tls_setting(tls), web_names=",".join(web_names)
    )
    click.echo(
        f"post {config.id} ({label}) is ready in {folder}; next: `diwan enrol --dir {folder} --central URL CODE`"
    )


@post.command()
@folder_option
@click.option("--days", default=90.0, show_default=True, help="Keep pictures of the last so many days.")
@json_option
@plain_errors
def prune(folder: Path, days: float, as_json: bool) -> None:
    """Make room: delete picture files that are safe at the centre. They are fetched again when somebody opens them."""
    from diwan_core import node
    from diwan_core.register import Register
    from diwan_core.register.archived import prune_pictures

    node.load(folder, role="post")
    with Register.open(folder, role="writer") as register:
        files, freed = prune_pictures(register.store, register.blobs, days)
    say(as_json, f"{files} pictures, {freed / 1e6:.1f} MB freed", files=files, bytes=freed)


@post.command()
@folder_option
@json_option
@plain_errors
def rekey(folder: Path, as_json: bool) -> None:
    """Make new keys for a post whose old ones were revoked; its data stays. Then enrol it with a new code. The post
    must not run meanwhile."""
    from diwan_core import node
    from diwan_core.salvage.salvage import alone

    from diwan_appliance.setup import rekey as renew

    node.load(folder, role="post")
    with alone(folder, PARTS["post"]):
        renew(folder)
    say(
        as_json,
        f"new keys are made in {folder}; next: `diwan enrol --dir {folder} --central URL CODE`",
        folder=str(folder),
    )


@post.command()
@folder_option
@plain_errors
def enrolled(folder: Path) -> None:
    """Exit with 0 when this post has been enrolled at a centre, and with 1 when not; the agent's service asks."""
    from diwan_core import node

    if not node.load(folder, role="post").enrolled:
        raise click.ClickException(f"the post in {folder} is not enrolled yet: `diwan enrol --dir {folder} …`")


@post.command()
@folder_option
@plain_errors
def words(folder: Path) -> None:
    """Show the post's id and its fingerprint words, as `diwan central confirm` takes them."""
    from diwan_core import node
    from diwan_core.trust import NodeKeys
    from diwan_core.trust.network.fingerprint_words import fingerprint_words

    config, keys = node.load(folder, role="post"), NodeKeys.load(folder)
    click.echo(f"{config.id} {fingerprint_words(config.id, keys.identity_public, keys.sealing_public)}")


@post.command()
@folder_option
@click.option("--set-clock", is_flag=True, help="Put this machine's clock right by the centre's: on an appliance only.")
@plain_errors
def agent(folder: Path, set_clock: bool) -> None:
    """Run the agent, which exchanges with the centre."""
    from diwan_core.processes.part import begun

    from diwan_appliance import agent as process

    with begun(folder, "post", "agent") as part:
        process.run(part, set_clock=set_clock)


@post.command()
@folder_option
@plain_errors
def web(folder: Path) -> None:
    """Run the console of the post."""
    from diwan_core.processes.part import begun
    from diwan_core.web.serve import serve

    from diwan_appliance import console_certificate
    from diwan_appliance.web import create_post_app

    with begun(folder, "post", "web") as part:
        part.findings.clear()
        console_certificate.prepare(folder)
        serve(create_post_app, part.config.web_host, part.config.web_port, folder)


@post.command()
@folder_option
@plain_errors
def run(folder: Path) -> None:
    """Run agent and console together, until asked to stop."""
    run_parts("post", folder)


@click.command()
@folder_option
@click.option("--central", "url", required=True, help="Address of the centre's console, such as https://10.0.0.1:8443.")
@click.argument("code")
@json_option
@plain_errors
def enrol(folder: Path, url: str, code: str, as_json: bool) -> None:
    """Enrol a post at its centre with the one-time CODE the centre gave out. Its label and office become those that the
    code was made for. With `-` the code is read from standard input, so that no list of processes shows it."""
    from diwan_appliance.console_certificate import obtain_now
    from diwan_appliance.setup import enrol as enrol_post

    if code == "-":
        code = sys.stdin.readline(200).strip()
    done = enrol_post(folder, url, code)
    obtain_now(folder)
    name = f"{done.label} ({done.office})" if done.office else done.label
    text = f"enrolled at {done.centre} as {name}; start the post with `diwan post run --dir {folder}`"
    if done.words:
        text += (
            "\nIt reads nothing of what others report before a person at the centre has confirmed its six words:\n"
            f"diwan central confirm {done.node} {done.words} --by ACCOUNT"
        )
    say(as_json, text, centre=done.centre, folder=str(folder), label=done.label, office=done.office, words=done.words)
