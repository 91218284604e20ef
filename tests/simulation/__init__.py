"""A network of nodes in one process, whose clock, disks and chance are simulated and can be repeated (ADR 46)."""
