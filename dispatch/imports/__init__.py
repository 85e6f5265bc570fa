"""Service requests from files: reading and mapping, pure; `dispatch.services.importing` writes them."""
