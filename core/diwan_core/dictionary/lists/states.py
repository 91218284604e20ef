"""States that dictionary 4 brought, and why a file is closed."""

from .plain import codes

STATE_LISTS = (
    codes(
        "closing_reason",
        "Reason for closing",
        """
        solved    | Solved
        cleared   | Nothing against the subject
        no_ground | No legal ground
        merged    | Merged with another file
        """,
    ),
    codes(
        "message_state",
        "State of a message",
        """
        open         | Open
        acknowledged | Acknowledged
        answered     | Answered
        overdue      | Overdue
        void         | Void
        """,
    ),
    codes(
        "request_kind",
        "What a request asks for",
        """
        information | Information
        check       | Check of papers or statements
        control     | Control of goods or persons
        copies      | Copies of papers
        other       | Something else
        """,
    ),
    codes(
        "request_state",
        "State of a request",
        """
        draft    | Being written
        sent     | Sent
        received | Received
        answered | Answered
        refused  | Refused
        expired  | Expired
        """,
    ),
    codes(
        "watch_entry_state",
        "State of a watch-list entry",
        """
        proposed | Proposed
        adopted  | Adopted
        ended    | Ended
        refused  | Refused
        """,
    ),
)
