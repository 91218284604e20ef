"""Codes of suspect files, messages, operations, watch lists and rules."""

from .plain import codes

WORK_LISTS = (
    codes(
        "status",
        "Status",
        """
        draft     | Draft
        submitted | Submitted
        validated | Validated
        published | Published
        withdrawn | Withdrawn
        """,
    ),
    codes(
        "review_decision",
        "Decision of a check",
        """
        validated   | Validated
        sent_back   | Sent back           | returned, to be corrected
        resubmitted | Submitted again     | corrected
        withdrawn @4 | Withdrawn          | cancelled, annulled
        restored @4  | Restored           | withdrawn by mistake
        """,
    ),
    codes(
        "handling",
        "Handling (TLP)",
        """
        red          | TLP:RED: for the named recipients only
        amber_strict | TLP:AMBER+STRICT: for this administration only
        amber        | TLP:AMBER: for those who need to know
        green        | TLP:GREEN: for the enforcement community
        clear        | TLP:CLEAR: may be public
        """,
        "FIRST, Traffic Light Protocol 2.0",
    ),
    codes(
        "suspect_state",
        "State of a file",
        """
        new      | New
        assigned | Assigned
        in_work  | In work
        result   | Result recorded
        closed   | Closed
        refused @4 | Refused
        lapsed @4  | No longer valid | expired
        """,
    ),
    codes(
        "requested_action",
        "Requested action",
        """
        check    | Check documents
        search   | Search
        seize    | Seize
        inform   | Inform the owner of this file
        discreet | Watch discreetly, do not stop
        sample   | Take a sample
        detain   | Detain until contact
        contact @4  | Contact the owner of this file first
        copy @4     | Copy the papers
        question @4 | Question the person
        """,
    ),
    codes("priority", "Priority", "low | Low\nnormal | Normal\nhigh | High\nurgent | Urgent"),
    codes(
        "subject_kind",
        "Kind of subject",
        """
        person     | Person
        company    | Company
        conveyance | Conveyance
        container  | Container
        profile    | Profile
        """,
    ),
    codes("task_state", "State of a task", "open | Open\nin_work | In work\ndone | Done\ncancelled | Cancelled"),
    codes(
        "channel",
        "Channel",
        """
        mail    | Mail in Diwan
        letter  | Letter
        email   | E-mail
        phone   | Telephone
        meeting | Meeting
        partner | Partner system
        other   | Other
        """,
    ),
    codes(
        "message_kind",
        "Kind of message",
        "warning | Warning\nfeedback | Feedback\nmail | Free mail\n"
        "request @4 | Request\nanswer @4 | Answer to a request",
    ),
    codes(
        "precedence",
        "Precedence",
        """
        routine   | Routine
        priority  | Priority
        immediate | Immediate
        flash     | Flash
        """,
        "ACP 127",
    ),
    codes(
        "control",
        "Control",
        """
        documentary | Documents checked
        scan        | Scanned
        physical    | Physically examined
        full        | Fully unloaded
        dog         | Searched by detector dog
        person      | Person searched
        discreet    | Watched discreetly
        none        | No control done
        """,
    ),
    codes(
        "control_result",
        "Result of a control",
        """
        hit       | Seizure or offence
        irregular | Irregularity without offence
        no_hit    | Nothing found
        not_done  | Control not done
        pending   | Control not finished
        """,
    ),
    codes(
        "no_control_reason",
        "Reason no control was done",
        """
        not_arrived   | Has not arrived
        already_left  | Had left before the warning
        not_found     | Not found
        no_capacity   | No staff or equipment
        no_ground     | No legal ground
        diverted      | Went to another place
        controlled    | Left for a controlled delivery
        other         | Other reason
        """,
    ),
    codes(
        "operation_state",
        "State of an operation",
        """
        planned  | Planned
        running  | Running
        ended    | Ended
        archived | Archived
        """,
    ),
    codes(
        "library_kind",
        "Kind of library item",
        """
        alert       | Alert
        bulletin    | Bulletin
        manual      | Manual
        concealment | Concealment gallery
        guide       | Guide to goods
        law         | Law and instruction
        training    | Training
        report      | Report
        """,
    ),
    codes(
        "attachment_kind",
        "Kind of attachment",
        """
        photo    | Photo
        xray     | X-ray or scan
        document | Document
        video    | Video
        audio    | Sound
        other    | Other
        """,
    ),
    codes(
        "release",
        "Release",
        """
        internal | In this administration
        national | To national partners
        regional | To regional partners
        global   | To all partners
        public   | To the public
        """,
    ),
    codes(
        "judgement",
        "Judgement",
        """
        yes        | Yes
        no         | No
        not_judged | Not judged | unknown
        """,
    ),
    codes(
        "watch_kind",
        "Kind of watch-list entry",
        """
        person      | Person
        company     | Company
        container   | Container
        plate       | Plate
        vessel      | Vessel
        consignment | Consignment
        phone       | Telephone
        document    | Document
        imo @4      | Ship by its IMO number
        flight @4   | Flight or voyage
        route @4    | Goods on a route        | profile, HS
        brand @4    | Brand
        other       | Other
        """,
    ),
    codes(
        "rule_action",
        "Action of a rule",
        """
        alert  | Alert a person
        select | Select for control
        score  | Add to a score
        report | Count in a report
        """,
    ),
    codes(
        "sighting_result",
        "Result of a sighting",
        """
        hit      | Hit
        no_hit   | No hit
        possible | Possible hit
        expired  | Seen too late
        mistaken @4 | Another person or thing | wrong match
        """,
    ),
    codes(
        "proposal_kind",
        "Kind of proposal",
        """
        merge      | Same person or thing
        link       | Link between records
        correction | Correction
        code       | New code
        indicator  | New indicator
        """,
    ),
    codes("proposal_state", "State of a proposal", "open | Open\naccepted | Accepted\nrefused | Refused"),
    codes(
        "link_kind",
        "Kind of link",
        """
        same        | Is the same as
        related     | Is related to
        owns        | Owns
        works_for   | Works for
        knows       | Knows
        family      | Is family of
        travels     | Travels with
        used        | Used
        same_method | Same way of doing it
        follows     | Follows from
        page        | Web page
        """,
    ),
)

ADMIRALTY = codes(
    "admiralty",
    "Grade of source and information (Admiralty scale)",
    "\n".join(
        f"{source}{information} | {reliability}; {credibility}"
        for source, reliability in zip(
            "ABCDEF",
            (
                "Reliable",
                "Usually reliable",
                "Fairly reliable",
                "Not usually reliable",
                "Unreliable",
                "Reliability unknown",
            ),
            strict=True,
        )
        for information, credibility in zip(
            "123456",
            ("confirmed", "probably true", "possibly true", "doubtful", "improbable", "truth unknown"),
            strict=True,
        )
    ),
    "NATO AJP-2.1, Admiralty scale",
)
