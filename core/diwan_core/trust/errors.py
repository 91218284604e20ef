"""What can go wrong in the trust room, named for what happened; each message ends with the remedy.

`TrustError` is the only thing that leaves this room when outside input is wrong: callers may catch it alone.
"""


class TrustError(Exception):
    """Base of every error of this room. `code` is stable and fit for JSON; the text is for a person."""

    code = "trust"


class KeysMissing(TrustError):
    """A key or certificate file of this node is not there."""

    code = "keys_missing"


class KeysUnreadable(TrustError):
    """A key or certificate file is there but cannot be read or is not what its name says."""

    code = "keys_unreadable"


class KeysExist(TrustError):
    """Keys would be overwritten. Keys are the identity of a node: they are never replaced in silence."""

    code = "keys_exist"


class BadKey(TrustError):
    """Bytes from outside are not a usable public key."""

    code = "bad_key"


class NotForUs(TrustError):
    """A sealed message does not open with this key: sealed to another, altered, or bound to another header."""

    code = "not_for_us"


class SuiteNotBuilt(TrustError):
    """The sealing suite is declared in the format but this release cannot use it."""

    code = "suite_not_built"


class BadCertificate(TrustError):
    """A certificate or a signing request is not one we accept."""

    code = "bad_certificate"


class BadName(TrustError):
    """A node id, label or host name is not of the form required."""

    code = "bad_name"
