"""The roll-out of a country: its sites and their readiness, the plan with its milestones, and training.

    store, merging               the file `DIR/rollout.db`; two people who edit the same thing
    questions, answers, sites    the questionnaire and what was answered
    readiness                    a score from 0 to 100, with reasons and what to do about each
    table, table_in              sites in spreadsheets, out and in
    milestones, milestone_form, standard_plan    what is to be reached by when
    machines, blocking           what keeps a milestone from being done
    overview                     all of it at one moment: what pages, report and commands show
    chart, drawings              the plan as a chart, the sites on a map
    paper, questionnaire_paper   what is printed
    pages, *_pages, words, plan_words, kit       the console's pages

Only the centre needs any of it; nothing of it travels to posts (ADR 38)."""
