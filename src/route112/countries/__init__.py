"""Country profiles; nothing outside this package knows a country."""
