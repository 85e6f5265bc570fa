"""Planning whole days: ruin and recreate on the evaluator's own cost. Pure: it knows no database."""
