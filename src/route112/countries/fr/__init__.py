"""France: the real communes, invented answering points, fictional numbers."""
