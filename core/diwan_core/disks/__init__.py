"""Disks of a machine: what one holds before it is erased, and making it an encrypted backup disk (ADR 32)."""
