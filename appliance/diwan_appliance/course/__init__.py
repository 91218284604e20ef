"""A course of graded tasks at an exercise post: officers practise on the real console, and the machine checks the
result.

    tasks      the four tasks and their numbers, which differ from officer to officer
    course     the file `DIR/course.json`: its presence makes a post an exercise post, which can never be enrolled
    facts      what an officer did, read from the register and the log of reads
    grading    what of the tasks is done, and what to look at again: a pure function
    pages, commands    the officer's page, the trainer's page, `diwan post course …`

An exercise post is a post of its own in its own folder, on a training laptop; nothing of it reaches a centre."""
