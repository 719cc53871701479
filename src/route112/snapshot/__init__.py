"""The immutable file that sites read: format, writer, reader, signatures."""
