"""Local peers that speak the protocols of providers, over loopback."""
