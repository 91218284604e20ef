"""`diwan custodian key|name|list|act|sign`: the people of whom any two act together."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from diwan_core.console_line import folder_option, json_option, plain_errors, say
from diwan_core.custody.options import act_options, words_to_sign

_path = click.Path(path_type=Path)


@click.group("custodian")
def custodian() -> None:
    """The custodians of a centre: any two of them act together."""


@custodian.command("key")
@click.argument("name")
@click.option("--out", "path", type=_path, required=True, help="The new file, on the custodian's own stick.")
@json_option
@plain_errors
def key_command(name: str, path: Path, as_json: bool) -> None:
    """Make the key of the custodian NAME. A password is asked for, or is the first line of standard input.

    Beside the key a file that ends in .public is written: it goes to the centre. The key stays with the custodian."""
    from diwan_core.trust.custodians.custodian_key import make_custodian
    from diwan_core.trust.network.fingerprint_words import custodian_words

    made, public = make_custodian(name, _password(confirm=True), path)
    words = custodian_words(made.name, made.identity)
    say(
        as_json,
        f"{path} is the key of {name}: keep the stick apart from the centre\n{public} goes to the centre\n"
        f"write these words down and compare them there: {words}",
        name=name, key=str(path), public=str(public), words=words,
    )  # fmt: skip


@custodian.command("name")
@folder_option
@click.argument("public", nargs=-1, type=_path, required=True, metavar="PUBLIC PUBLIC PUBLIC")
@act_options
@click.option("--yes", is_flag=True, help="The words were compared: do not ask.")
@json_option
@plain_errors
def name_command(
    folder: Path, public: tuple[Path, ...], ask: Path | None, act: Path | None, yes: bool, as_json: bool
) -> None:
    """Name the custodians of this centre by their PUBLIC files: three, or one in a pilot.

    The first are believed, so compare the words with each of them. Later the whole new set is named, and two of the
    present custodians sign for it."""
    from diwan_core import node
    from diwan_core.custody import carrying_out, naming
    from diwan_core.trust.custodians.custodian_key import read_public
    from diwan_core.trust.network.custodian_acts import about_change, check_set

    node.load(folder, role="central")
    named = [read_public(path) for path in public]
    check_set(named, ())
    if ask is not None:
        carrying_out.ask(naming.load(folder), "custodians.change", about_change(named), ask)
        say(as_json, words_to_sign(ask), act=str(ask))
        return
    if not yes and not as_json:
        click.echo("\n".join(naming.lines(named)), err=True)
        click.confirm("Has each of them compared these words?", abort=True, err=True)
    after = naming.name(folder, named, act)
    text = [f"custodians since ledger entry {after.custodians_since}:", *naming.lines(after.custodians)]
    if len(named) < 3:
        text.append("this is for a pilot: name three, so that the loss of one can be survived and none acts alone")
    say(as_json, "\n".join(text), custodians=[one.name for one in named], since=after.custodians_since)


@custodian.command("list")
@folder_option
@json_option
@plain_errors
def list_command(folder: Path, as_json: bool) -> None:
    """Show who the custodians are, as the ledger held here says: at the centre, and at every post."""
    from diwan_core import node
    from diwan_core.custody import naming
    from diwan_core.trust import fingerprint
    from diwan_core.trust.network.fingerprint_words import custodian_words

    config = node.load(folder)
    ledger = naming.load(folder)
    if config.role == "central":
        naming.keep_standing(folder, ledger)
    rows = [{"name": one.name, "words": custodian_words(one.name, one.identity)} for one in ledger.custodians]
    centre = fingerprint(ledger.identity)
    lines = [f"custodians of the centre {centre}:", *naming.lines(ledger.custodians)]
    if not ledger.custodians:
        lines = [f"the centre {centre} has no custodians: name them with `diwan custodian name`"]
    lines += [f"entry {number} of the ledger counts for nothing: {why}" for number, why in ledger.doubted.items()]
    doubted = {str(number): why for number, why in ledger.doubted.items()}
    say(as_json, "\n".join(lines), custodians=rows, since=ledger.custodians_since, doubted=doubted,
        centre=centre)  # fmt: skip


@custodian.command("act")
@click.argument("file", type=_path)
@json_option
@plain_errors
def act_command(file: Path, as_json: bool) -> None:
    """Show what the act in FILE is for, and how many have signed it."""
    from diwan_core.custody import carrying_out
    from diwan_core.custody.told import lines_of

    signed = carrying_out.read(file)
    act = signed.content()
    count = len(signed.signatures)
    say(
        as_json, "\n".join([*lines_of(act), f"signed by: {count}"]),
        deed=act.deed, about=act.about, expires_ms=act.expires, signatures=count,
    )  # fmt: skip


@custodian.command("sign")
@click.argument("file", type=_path)
@click.option("--key", "key_file", type=_path, required=True, help="The custodian's key, on the custodian's stick.")
@click.option("--yes", is_flag=True, help="What it says was read: do not ask.")
@json_option
@plain_errors
def sign_command(file: Path, key_file: Path, yes: bool, as_json: bool) -> None:
    """Sign the act in FILE. The password is asked for, or is the first line of standard input."""
    from diwan_core.custody import carrying_out
    from diwan_core.custody.told import lines_of
    from diwan_core.trust.custodians.custodian_key import holder_of_key, sign_act
    from diwan_core.trust.files import write_private
    from diwan_core.trust.network.custodian_acts import check_about

    signed = carrying_out.read(file)
    act = signed.content()
    check_about(act)
    if not as_json:
        click.echo("\n".join(lines_of(act)), err=True)
    if not yes:
        click.confirm("Do you agree to this?", abort=True, err=True)
    done = sign_act(signed, key_file, _password())
    write_private(file, done.encoded())
    holder, count = holder_of_key(key_file).name, len(done.signatures)
    say(as_json, f"signed by {holder}; signatures: {count}", name=holder, signatures=count)


def _password(*, confirm: bool = False) -> str:
    if sys.stdin.isatty():
        return str(click.prompt("Password of the key", hide_input=True, err=True, confirmation_prompt=confirm))
    return sys.stdin.readline().rstrip("\r\n")
