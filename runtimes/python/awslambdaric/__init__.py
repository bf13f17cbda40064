"""Names that handlers import from AWS's runtime client, most of all for type hints."""
