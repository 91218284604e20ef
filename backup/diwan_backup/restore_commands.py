"""`diwan backup restore centre|pictures|keys|record|picture` and `diwan backup key check`."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
from diwan_core.trust.files import write_private

from diwan_backup.command_kit import LOOK, WELL, finish, folder_option, json_option, quiet_option, report_errors

_keys = click.option(
    "--keys", "keys_file", type=click.Path(path_type=Path), help="The sealed keys, if they lie elsewhere."
)


@click.group("restore")
def restore_group() -> None:
    """Bring back a centre, or one record or picture as it was on a day."""


@restore_group.command("centre")
@click.argument("place")
@click.option(
    "--to", "folder", type=click.Path(path_type=Path), required=True, help="The new folder the centre is put into."
)
@click.option("--archive", default="latest", metavar="NAME", help="Another archive than the newest.")
@_keys
@click.option("--dry-run", is_flag=True, help="Only say what would be put back.")
@click.option("--rows-only", is_flag=True, help="Leave the pictures for `diwan backup restore pictures`.")
@json_option
@quiet_option
@report_errors
def centre_command(
    place: str, folder: Path, archive: str, keys_file: Path | None, dry_run: bool, rows_only: bool, as_json: bool,
    quiet: bool,
) -> None:  # fmt: skip
    """Restore a whole centre from the repository at PLACE. The recovery key is asked for, or comes on standard input:
    the key on paper, or the words of two sheets of the escrow, a sheet on each line.

    Records are there first and the centre may be started then; pictures follow. It stays closed for the exchange
    until its posts have shown their ledgers."""
    from diwan_backup.escrow.typed import recovery_key
    from diwan_backup.init import init as begin
    from diwan_backup.node_backups import NodeBackups
    from diwan_backup.pictures import bring
    from diwan_backup.progress import size
    from diwan_backup.restore import check_target, remember_repository, restore_rows
    from diwan_backup.source import open_source

    folder = folder.absolute()
    with open_source(place, recovery_key(), keys_file, folder.parent) as source:
        chosen = source.choose(archive)
        check_target(folder, chosen)
        manifest = chosen.manifest
        facts: dict[str, object] = {
            "archive": chosen.name, "label": manifest.label, "role": manifest.role, "made_ms": manifest.made_ms,
            "release": manifest.release, "rows": manifest.rows, "pictures": len(manifest.pictures),
            "bytes": manifest.total, "lacking": len(manifest.lacking), "cases": cases(manifest.databases),
        }  # fmt: skip
        what = (
            f"{manifest.label}, as of {_moment(manifest.made_ms)}, release {manifest.release}: {facts['cases']} cases, "
            f"{manifest.rows} changes, {len(manifest.pictures)} pictures, {size(manifest.total)}"
        )
        if dry_run:
            finish(as_json, [f"would put back {what}", "nothing was changed"], WELL, **facts, dry_run=True)
        restored = restore_rows(source, chosen, folder)
        remember_repository(folder, source)
        lines = [f"{what} is in {folder}", *restored.warnings]
        if restored.ledger_added:
            lines.append(f"{restored.ledger_added} decisions made after this archive were carried out")
        if not quiet and not as_json:
            click.echo(
                "\n".join([*lines, "People may work now; pictures follow." if restored.pictures_awaited else ""])
            )
            lines = []
        if not rows_only and restored.pictures_awaited:
            brought = bring(folder, source.borg, chosen.name, as_json=as_json, quiet=quiet)
            facts |= {"brought": brought.count, "damaged": brought.damaged, "left": brought.left}
            lines.append(f"{brought.count} pictures are back" + (f", {brought.left} are not" if brought.left else ""))
    if restored.closed:
        lines.append("The centre is closed until more than half of its posts have shown their ledgers.")
    with NodeBackups(folder) as backups:
        begin(backups, place)  # the list of archives goes on with what is in this repository
    lines.append(f"Then: diwan backup run --dir {folder}")
    code = LOOK if restored.warnings or facts.get("damaged") else WELL
    finish(
        as_json,
        lines,
        code,
        **facts,
        closed=restored.closed,
        decisions=restored.ledger_added,
        warnings=restored.warnings,
    )


@restore_group.command("pictures")
@folder_option
@json_option
@quiet_option
@report_errors
def pictures_command(folder: Path, as_json: bool, quiet: bool) -> None:
    """Continue bringing the pictures of a restored centre."""
    from diwan_core import node
    from diwan_core.archives.settings import Repository

    from diwan_backup.node_backups import NodeBackups
    from diwan_backup.pictures import bring, due

    node.load(folder)
    waiting = due(folder)
    if waiting is None:
        finish(as_json, ["all pictures are here"], WELL, brought=0, left=0)
        return
    with NodeBackups(folder) as backups:
        borg = backups.borg(Repository("pictures", waiting.place, "", False))
        backups.reach(borg.repository)
        brought = bring(folder, borg, waiting.archive, as_json=as_json, quiet=quiet)
    lines = [f"{brought.count} pictures are back" + (f", {brought.left} are not" if brought.left else "")]
    code = LOOK if brought.damaged else WELL
    finish(as_json, lines, code, brought=brought.count, left=brought.left, damaged=brought.damaged)


@restore_group.command("keys")
@folder_option
@click.option(
    "--keys", "keys_file", type=click.Path(path_type=Path), required=True, help="The sealed keys, from a disk."
)
@json_option
@report_errors
def keys_command(folder: Path, keys_file: Path, as_json: bool) -> None:
    """Restore missing private keys, and the passphrase, with the recovery key."""
    from diwan_core import node
    from diwan_core.trust.custodians.recovery import RecoveryKey

    from diwan_backup.escrow.typed import recovery_key

    node.load(folder)
    written = RecoveryKey(recovery_key()).restore_missing(keys_file.read_bytes(), folder)
    finish(as_json, [f"written: {', '.join(written) or 'nothing, all were there'}"], WELL, written=written)


_as_of = click.option(
    "--as-of", type=click.DateTime(), required=True, help="Local time, such as 2026-11-22 or 2026-11-22T14:00:00."
)
_output = click.option("-o", "--output", type=click.Path(path_type=Path), help="Write it into this new file.")


@restore_group.command("record")
@click.argument("record_id", metavar="ID")
@folder_option
@_as_of
@_output
@click.option("--put-back", "put", is_flag=True, help="Also make the record what it was, by a new change.")
@json_option
@report_errors
def record_command(
    record_id: str, folder: Path, as_of: datetime, output: Path | None, put: bool, as_json: bool
) -> None:
    """Show one record as it was on a day, write it to a file, or put it back; without what was erased since."""
    from diwan_core.intake.run.export import as_json as record_json

    from diwan_backup.as_of import archive_of, put_back, record_of
    from diwan_backup.node_backups import NodeBackups

    with NodeBackups(folder) as backups:
        repository, archive = archive_of(backups, _ms(as_of))
        found = record_of(backups, repository, archive, record_id.strip().lower())
        changed = put and put_back(folder, found)
    text = json.dumps(record_json(found), ensure_ascii=False, indent=1)
    if output is not None:
        write_private(output, text.encode() + b"\n", replace=False)
    said = [f"as of {_moment(archive.made_ms)} ({archive.name})", "put back" if changed else "it is so now"]
    lines = [said[0], *([] if output else [text]), *(said[1:] if put else [])]
    finish(as_json, lines, WELL, archive=archive.name, made_ms=archive.made_ms, changed=changed,
           record=None if output else record_json(found))  # fmt: skip


@restore_group.command("picture")
@click.argument("name", metavar="SHA256")
@folder_option
@_as_of
@_output
@click.option("--put-back", "put", is_flag=True, help="Put it where it belongs, if it is lost here.")
@json_option
@report_errors
def picture_command(name: str, folder: Path, as_of: datetime, output: Path | None, put: bool, as_json: bool) -> None:
    """Write one picture as it was on a day to a file, or put it back, by the name that its record has."""
    from diwan_core import node

    from diwan_backup.as_of import archive_of, picture_of, put_picture_back
    from diwan_backup.node_backups import NodeBackups

    node.load(folder)
    if not re.fullmatch("[0-9a-f]{64}", name) or (output is None and not put):
        raise click.UsageError("give the picture's SHA-256 of 64 digits, and -o FILE or --put-back")
    with NodeBackups(folder) as backups:
        repository, archive = archive_of(backups, _ms(as_of))
        content = picture_of(backups, repository, archive, name)
        if output is not None:
            write_private(output, content, replace=False)
        if put:
            put_picture_back(folder, name, content)
    finish(as_json, [f"{len(content)} bytes, as of {_moment(archive.made_ms)}"], WELL, archive=archive.name,
           bytes=len(content))  # fmt: skip


def _ms(moment: datetime) -> int:
    """A local time; of a day without an hour its end."""
    end = moment + timedelta(days=1, seconds=-1) if moment.time() == datetime.min.time() else moment
    return int(end.timestamp() * 1000)


@click.group("key")
def key_group() -> None:
    """The recovery key on paper, which opens the sealed private keys."""


@key_group.command("check")
@folder_option
@json_option
@report_errors
def check_command(folder: Path, as_json: bool) -> None:
    """Type back the recovery key; only then the backup counts as healthy. The key comes on standard input."""
    from diwan_core.trust.custodians import recovery

    from diwan_backup.errors import BackupError
    from diwan_backup.escrow.typed import recovery_key
    from diwan_backup.node_backups import NodeBackups

    with NodeBackups(folder) as backups:
        public = backups.settings.recovery_key
        if not public:
            raise BackupError("there is no recovery key yet: make the first repository with `diwan backup init`")
        files = recovery.RecoveryKey(recovery_key()).check(folder, recovery.seal_keys(folder, public))
        backups.note("key")
    finish(as_json, [f"this is the recovery key; it opens {files} sealed files"], WELL, files=files)


def _moment(at_ms: int) -> str:
    return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def cases(databases: dict[str, dict[str, int]]) -> int:
    """How many cases the databases of an archive hold."""
    return databases.get("register.db", {}).get("record_case", 0)
