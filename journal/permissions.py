"""The permission to read the record. Named here, since accounts stands above the journal."""

AUDIT_VIEW = "audit_view"
