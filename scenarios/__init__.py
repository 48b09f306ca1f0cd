"""Choices: ordered edits of a county's facilities and of the standards they are measured by."""
