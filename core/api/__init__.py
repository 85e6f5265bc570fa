"""What every REST door shares: errors as problem+json, cursor pages."""
