"""The errors of the trust room; each message ends with the remedy.

Wrong input from outside raises only kinds of `TrustError`, so that callers need to catch nothing else.
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


class UnknownNode(BadCertificate):
    """The node that asks is not enrolled with the key it shows, or was revoked."""

    code = "unknown_node"


class BadName(TrustError):
    """A node id, label or host name is not of the form required."""

    code = "bad_name"


class EnrolmentError(TrustError):
    """Base of what can go wrong between a one-time code and an enrolled node."""

    code = "enrolment"


class BadCode(EnrolmentError):
    """The typed text is not an enrolment code: wrong length, a letter that no code has, or a typing mistake."""

    code = "bad_code"


class UnknownCode(EnrolmentError):
    """The centre has given out no code with this first group."""

    code = "unknown_code"


class WrongCode(EnrolmentError):
    """The first group is known, the rest is not what the centre gave out."""

    code = "wrong_code"


class CodeExpired(EnrolmentError):
    """The code was not used in time."""

    code = "code_expired"


class CodeUsed(EnrolmentError):
    """The code has enrolled another node already."""

    code = "code_used"


class IdTaken(EnrolmentError):
    """The node id is, or once was, another node's, or not the one that the code was made for."""

    code = "id_taken"


class LabelTaken(EnrolmentError):
    """Another node has this label, or one that looks like it."""

    code = "label_taken"


class BadRequest(EnrolmentError):
    """Bytes that are not an enrolment request, or a request for something impossible."""

    code = "bad_request"


class BadAnswer(EnrolmentError):
    """Bytes that are not an answer to our request, or an answer that contradicts itself."""

    code = "bad_answer"


class EnrolmentRefused(EnrolmentError):
    """The centre refused the enrolment; the text is the centre's."""

    code = "enrolment_refused"


class LedgerRefused(TrustError):
    """A ledger entry cannot follow: it is damaged, forged, out of order, or contradicts an earlier one."""

    code = "ledger_refused"
