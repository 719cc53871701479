"""
From records to calls: whose attempt each line is of, and when nothing more is waited for.

`Joiner` is given records in the order in which they come, and gives calls; `Strands` is what it
holds, one `Strand` for each attempt, also where devices use each other's Call-IDs.
"""
