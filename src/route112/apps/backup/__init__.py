"""
`route112 backup` and `route112 restore`: what a planner and a watch know, in one file, and back.

`gathering` takes it while both run; `examining` says whether what was taken, or came back, is
whole; `returning` puts it where planner and watch find it, and tells the journal of it.
What each file is for, and what is not in it, says docs/backup.md.
"""
