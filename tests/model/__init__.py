"""Journal, epoch, receipt, scope, fork and revocation as a small machine, gone through state by state."""
