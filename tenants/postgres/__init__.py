"""A PostgreSQL engine that guards tenant tables: row-level security and composite foreign keys."""
