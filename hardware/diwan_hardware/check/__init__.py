"""The check of a machine before it is accepted: each measured value is judged by the limits of the machine's profile.

    result      what was found: values, outcomes, words; the whole result as JSON
    job         the work folder: what is done, so that an interrupted check goes on
    steps       the order of the tests
    machine, smart, disk, memory, load, clock, line, drift, burn_in    the tests

Nothing is written outside the work folder, the tested folder, or a device that was named and is blank.
"""
