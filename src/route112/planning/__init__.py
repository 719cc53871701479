"""Turn source files into a checked candidate snapshot, and compare two snapshots."""
