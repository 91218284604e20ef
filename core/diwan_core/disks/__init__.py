"""Disks of a machine: what a disk holds before it is erased, encrypted backup disks, and the encrypted data disk (ADR
32)."""
