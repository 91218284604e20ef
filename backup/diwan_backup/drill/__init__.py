"""The monthly drill: an archive is restored into a scratch node, started, searched and compared, and a signed report
is written that a director can file. `trial` does it, `started` runs the console, `report` writes what was found."""
